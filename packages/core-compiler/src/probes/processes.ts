/** process…: which program or process, then which kind of place in it: one file a kind, found by the component's name. */
import { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePointComponent } from '../syntax/index.js';
import type { Expand, Surroundings } from './family.js';
import { incompletePoint, needsDebugInfo, unknownComponent } from './problems.js';
import { openPrograms, type Program } from './programs.js';
import type { ResolvedPoint } from './resolve.js';
import { expandUserFunction } from './user-functions.js';

/** What stands behind the program: `function("NAME").return` is the component `function` with one suffix. */
export interface ProgramPlace {
  readonly kind: ProbePointComponent;
  readonly suffixes: readonly ProbePointComponent[];
}

/** Gives the points of one program. None: why not is reported. */
export type ExpandPlace = (program: Program, place: ProgramPlace, around: Surroundings, problems: DiagnosticSink) => readonly ResolvedPoint[];

interface PlaceKind {
  readonly expand: ExpandPlace;
  /** Checks what needs no program, so that a mistake is reported once and before any file is opened. Absent: nothing to check. */
  readonly check?: (place: ProgramPlace, problems: DiagnosticSink) => boolean;
}

const PLACES: Readonly<Record<string, PlaceKind>> = {
  function: expandUserFunction,
};
const NOT_YET: ReadonlySet<string> = new Set(['statement', 'mark', 'plt', 'library', 'begin', 'end', 'thread', 'syscall', 'insn', 'data', 'provider']);

export const expandProcess: Expand = (point, around, problems) => {
  const [process, kind, ...suffixes] = point.components;
  if (process === undefined) return [];
  if (kind === undefined) {
    problems.report(incompletePoint(point, 'process', '.function("NAME")'));
    return [];
  }
  const place: ProgramPlace = { kind, suffixes };
  const known = Object.hasOwn(PLACES, kind.name) ? PLACES[kind.name] : undefined;
  if (known === undefined) {
    problems.report(NOT_YET.has(kind.name) ? { ...needsDebugInfo(kind, `process.${kind.name}`), message: `process.${kind.name} is not supported yet` } : unknownComponent(kind, 'process', Object.keys(PLACES)));
    return [];
  }
  if (known.check?.(place, problems) === false) return [];
  return inEach(openPrograms(process, point, around, problems), problems, (program, own) => known.expand(program, place, around, own));
};

/** Of several programs (a wildcard's) those count that have the place; what is wrong with the others is no mistake then. */
function inEach(programs: readonly Program[], problems: DiagnosticSink, expand: (program: Program, problems: DiagnosticSink) => readonly ResolvedPoint[]): readonly ResolvedPoint[] {
  const reasons = new DiagnosticSink();
  const points = programs.flatMap((program) => expand(program, reasons));
  for (const one of reasons.all) if (points.length === 0 || programs.length === 1 || one.severity === 'warning') problems.report(one);
  return points;
}
