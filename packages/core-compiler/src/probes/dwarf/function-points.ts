/** `.function("PATTERN")` of a program or the kernel with debug information, with all that may stand behind it. */
import { isGlob, type DwarfFunction } from '@stapkit/debuginfo';
import type { DiagnosticSink } from '../../diagnostics/index.js';
import { similarNames } from '../../diagnostics/index.js';
import type { Span } from '../../source/index.js';
import type { ProbePointComponent } from '../../syntax/index.js';
import { noDebugFunction, nothingInside, onlyInlined, tooManyMatches } from '../problems.js';
import type { ResolvedPoint } from '../resolve.js';
import { callsIn, entryOf, functionsOf, inlinedOf, labelsOf, statementsOf, type CodePoint } from './code-points.js';
import type { DebugProgram } from './debug-program.js';
import type { FunctionPattern } from './function-pattern.js';
import type { PointForm } from './user-points.js';

/** What stands behind `.function("…")`. */
export type FunctionSuffix =
  | { readonly kind: 'none' | 'call' | 'inline' | 'return' | 'exported' }
  | { readonly kind: 'label'; readonly pattern: string }
  | { readonly kind: 'callee'; readonly pattern: string; readonly depth: number; readonly then: 'none' | 'call' | 'return' };

export interface FunctionPlace {
  readonly pattern: FunctionPattern;
  /** As the user wrote it. */
  readonly text: string;
  readonly suffix: FunctionSuffix;
  readonly component: ProbePointComponent;
  /** Found by their address: these are meant, and no others of the name. */
  readonly functions?: readonly DwarfFunction[];
}

/** Where the functions are. */
export interface FunctionOwner {
  /** For messages: a program's path, "the kernel". */
  readonly path: string;
  readonly debug: DebugProgram;
  /** Undefined when the code cannot be probed. */
  readonly point: (point: CodePoint, form: PointForm) => ResolvedPoint | undefined;
}

const MOST_POINTS = 4000;

/** Undefined: the debug information has no such function, and why is not reported: its symbols may have it. */
export function expandDebugFunctions(owner: FunctionOwner, place: FunctionPlace, problems: DiagnosticSink): readonly ResolvedPoint[] | undefined {
  const { debug } = owner;
  const { pattern, suffix, component, text } = place;
  const functions = place.functions ?? (pattern.lines === undefined ? functionsOf(debug, pattern) : functionsAtLines(debug, pattern));
  if (functions.length === 0) {
    if (pattern.file === undefined && (suffix.kind === 'none' || suffix.kind === 'call' || suffix.kind === 'return' || suffix.kind === 'exported')) return undefined;
    problems.report(noDebugFunction(text, component.span, { path: owner.path, gaps: debug.gaps, similar: isGlob(pattern.name) ? [] : similarNames(pattern.name, debug.functionNames(), 5), files: filesOf(debug, pattern) }));
    return [];
  }
  const found = functions.flatMap((fn) => pointsOf(debug, fn, suffix, component.span));
  if (found.length > MOST_POINTS) {
    problems.report(tooManyMatches(text, component.span, found.length, MOST_POINTS));
    return [];
  }
  if (found.length === 0) reportNothing(owner, functions, place, problems);
  return found.flatMap(({ point, form }) => owner.point(point, form) ?? []);
}

/** Functions that a source line belongs to: `function("*@file.c:104")`. */
function functionsAtLines(debug: DebugProgram, pattern: FunctionPattern): readonly DwarfFunction[] {
  const bodies = new Map<number, DwarfFunction>();
  for (const { body } of statementsOf(debug, pattern, false).points) bodies.set(body.id, body);
  const { name, file } = pattern;
  for (const fn of functionsOf(debug, file === undefined ? { name } : { name, file })) {
    const line = fn.declaration?.line;
    if (line !== undefined && pattern.lines?.kind === 'lines' && pattern.lines.ranges.some(([first, last]) => line >= first && line <= last)) bodies.set(fn.id, fn);
  }
  return [...bodies.values()];
}

interface Found { readonly point: CodePoint; readonly form: PointForm }

function pointsOf(debug: DebugProgram, fn: DwarfFunction, suffix: FunctionSuffix, span: Span): Found[] {
  const entry = entryOf(debug, fn);
  const form = (text: string, more: Partial<PointForm> = {}): PointForm => ({ kind: 'function', suffix: text, span, ...more });
  const at = (points: readonly (CodePoint | undefined)[], made: PointForm): Found[] => points.flatMap((point) => (point === undefined ? [] : [{ point, form: made }]));
  switch (suffix.kind) {
    case 'none': return [...at([entry], form('')), ...at(inlinedOf(debug, fn), form(''))];
    case 'call': return at([entry], form('.call'));
    case 'exported': return at([fn.isExternal ? entry : undefined], form('.exported'));
    case 'inline': return at(inlinedOf(debug, fn), form('.inline'));
    case 'return': return at([entry], form('.return', { isReturn: true }));
    case 'label': return labelsOf(debug, fn, suffix.pattern).map((point) => ({ point, form: form(`.label("${point.label}")`) }));
    case 'callee': return calleesOf(debug, fn, suffix, span);
  }
}

/** Functions called right from a body: those inlined into it, and others by the return addresses of its calls. */
function calleesOf(debug: DebugProgram, fn: DwarfFunction, suffix: Extract<FunctionSuffix, { kind: 'callee' }>, span: Span, depth = suffix.depth, before = '', seen = new Set<number>([fn.id])): Found[] {
  const { then, pattern } = suffix;
  const bodies = [...(fn.entryPc === undefined ? [] : [fn.scope]), ...fn.inlinedInstances()];
  const found: Found[] = [];
  for (const scope of bodies) {
    const { sites, inlined } = callsIn(scope);
    for (const instance of inlined) {
      const pc = instance.entryPc;
      const body = pc === undefined ? undefined : debug.dwarf.functionAt(pc);
      if (pc === undefined || body === undefined || then !== 'none' || !debug.nameMatches(instance, pattern)) continue;
      found.push({ point: { pc, body, instance, name: instance.name, qualifiedName: instance.qualifiedName, place: instance.declaration, isEntry: false }, form: { kind: 'function', suffix: '', span } });
    }
    const targets = new Map<string, bigint[]>();
    for (const { targetName, returnAddress, isTailCall } of sites) {
      if (targetName === undefined || returnAddress === undefined || isTailCall) continue;
      targets.set(targetName, [...(targets.get(targetName) ?? []), returnAddress]);
    }
    for (const [name, calledFrom] of targets) {
      for (const callee of debug.dwarf.functions(name)) {
        if (!debug.nameMatches(callee, pattern)) continue;
        const entry = entryOf(debug, callee);
        const isReturn = then === 'return';
        if (entry !== undefined) found.push({ point: entry, form: { kind: 'function', suffix: `${before}${then === 'none' ? '' : `.${then}`}`, span, calledFrom, ...(isReturn ? { isReturn } : {}) } });
        if (depth > 1 && !seen.has(callee.id)) {
          seen.add(callee.id);
          found.push(...calleesOf(debug, callee, suffix, span, depth - 1, before, seen));
        }
      }
    }
  }
  return found;
}

function reportNothing({ path }: FunctionOwner, functions: readonly DwarfFunction[], { suffix, component, text }: FunctionPlace, problems: DiagnosticSink): void {
  const [first] = functions;
  if (first === undefined) return;
  const isInlined = functions.every(({ entryPc }) => entryPc === undefined);
  if (isInlined && (suffix.kind === 'call' || suffix.kind === 'return' || suffix.kind === 'exported')) problems.report(onlyInlined(text, component.span, { path, suffix: suffix.kind }));
  else problems.report(nothingInside(text, component.span, suffixText(suffix)));
}

function suffixText(suffix: FunctionSuffix): string {
  if (suffix.kind === 'label') return `label that matches "${suffix.pattern}"`;
  if (suffix.kind === 'callee') return `call of a function that matches "${suffix.pattern}" that the debug information records`;
  if (suffix.kind === 'inline') return 'inlined body';
  return suffix.kind === 'exported' ? 'exported body' : 'body';
}

/** Files with the name that was given, to tell a wrong function from a wrong file. */
const filesOf = (debug: DebugProgram, { file }: FunctionPattern): readonly string[] | undefined => (file === undefined ? undefined : debug.filesMatching(file));
