/** process…: which program or process, then which kind of place in it: one file a kind, found by the component's name. */
import { DebugInfoError } from '@stapkit/debuginfo';
import { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePointComponent } from '../syntax/index.js';
import { expandProcessData } from './data.js';
import { pointText, type Expand, type Surroundings } from './family.js';
import { incompletePoint, notAProgram, unknownComponent } from './problems.js';
import { expandProcessEvent, PROCESS_EVENTS } from './process-events.js';
import { findPrograms, openLibraries, openPrograms, type Program } from './programs.js';
import type { ResolvedPoint } from './resolve.js';
import { expandUserFunction } from './user-functions.js';
import { expandUserStatement } from './dwarf/user-statements.js';
import { expandPlt } from './user-plt.js';
import { expandMark, expandProvider } from './usdt/mark-points.js';

/** What stands behind the program: `function("NAME").return` is the component `function` with one suffix. */
export interface ProgramPlace {
  readonly kind: ProbePointComponent;
  readonly suffixes: readonly ProbePointComponent[];
}

/** Gives the points of one program. None: why not is reported. */
export type ExpandPlace = (program: Program, place: ProgramPlace, around: Surroundings, problems: DiagnosticSink) => readonly ResolvedPoint[];

export interface PlaceKind {
  readonly expand: ExpandPlace;
  /** Checks what needs no program, so that a mistake is reported once and before any file is opened. */
  readonly check: (place: ProgramPlace, problems: DiagnosticSink) => boolean;
}

const PLACES: Readonly<Record<string, PlaceKind>> = {
  function: expandUserFunction,
  statement: expandUserStatement,
  plt: expandPlt,
  data: expandProcessData,
  mark: expandMark,
  provider: expandProvider,
};

export const expandProcess: Expand = (point, around, problems) => {
  const [process, second] = point.components;
  if (process === undefined) return [];
  const library = second?.name === 'library' ? second : undefined;
  const [kind, ...suffixes] = point.components.slice(library === undefined ? 1 : 2);
  const before = pointText(point.components.slice(0, library === undefined ? 1 : 2));
  if (kind === undefined) {
    problems.report(incompletePoint(point, before, '.function("NAME")'));
    return [];
  }
  if (library === undefined && PROCESS_EVENTS.includes(kind.name)) return expandProcessEvent(point, around, problems);
  const place: ProgramPlace = { kind, suffixes };
  const known = Object.hasOwn(PLACES, kind.name) ? PLACES[kind.name] : undefined;
  if (known === undefined) {
    const names = [...Object.keys(PLACES), ...(library === undefined ? ['library', ...PROCESS_EVENTS] : [])];
    problems.report(unknownComponent(kind, before, names));
    return [];
  }
  if (!known.check(place, problems)) return [];
  const programs = openPrograms(findPrograms(process, point, around, problems), process.span, around, problems);
  const files = library === undefined ? programs : inEach(programs, problems, (program, own) => openLibraries(program, library, around, own));
  return inEach(files, problems, (program, own) => expandIn(program, place, { known, around }, own));
};

/** A file that is cut short or damaged in what the place needs. */
function expandIn(program: Program, place: ProgramPlace, { known, around }: { readonly known: PlaceKind; readonly around: Surroundings }, problems: DiagnosticSink): readonly ResolvedPoint[] {
  try {
    return known.expand(program, place, around, problems);
  } catch (cause) {
    if (!(cause instanceof DebugInfoError)) throw cause;
    problems.report(notAProgram(program.path, place.kind.span, cause.message));
    return [];
  }
}

/** Of several programs (a wildcard's) those count that have the place; what is wrong with the others is no mistake then. */
function inEach<T>(programs: readonly Program[], problems: DiagnosticSink, expand: (program: Program, problems: DiagnosticSink) => readonly T[]): readonly T[] {
  const reasons = new DiagnosticSink();
  const found = programs.flatMap((program) => expand(program, reasons));
  for (const one of reasons.all) if (found.length === 0 || programs.length === 1 || one.severity === 'warning') problems.report(one);
  return found;
}
