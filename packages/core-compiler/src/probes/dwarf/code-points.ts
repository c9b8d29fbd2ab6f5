/** Places in a program's code that a pattern means: entries, inlined bodies, labels, lines, calls. */
import { Glob, isGlob, scopesAround, SourceFilePattern, type AddressRange, type DwarfCallSite, type DwarfFunction, type DwarfInlined, type DwarfLabel, type DwarfScope, type DwarfUnit, type SourcePlace } from '@stapkit/debuginfo';
import type { DebugProgram, FunctionCode } from './debug-program.js';
import { choosesLine, type FunctionPattern } from './function-pattern.js';

export interface CodePoint {
  /** Link-time address of the instruction. */
  readonly pc: bigint;
  /** The out-of-line body that the instruction is in. */
  readonly body: DwarfFunction;
  /** The inlined body that is meant, when it is one. */
  readonly instance?: DwarfInlined;
  /** Of the function that is meant, as `ppfunc()` gives it. */
  readonly name: string;
  /** With namespaces and classes, which tell functions of one name apart. */
  readonly qualifiedName: string;
  /** For the point's name: where the function, or the statement, is in the source. */
  readonly place: SourcePlace | undefined;
  /** It is the function's first instruction, not one behind the prologue or in the middle. */
  readonly isEntry: boolean;
}

/** Functions whose name and file a pattern means, those without a body of their own included. */
export function functionsOf({ dwarf }: DebugProgram, { name, file }: FunctionPattern): readonly DwarfFunction[] {
  return dwarf.functions(name, file === undefined ? {} : { file });
}

/**
 * Where a function's body is entered. In unoptimized code the parameters are in their places only behind the prologue, so
 * the probe goes there, as SystemTap's does.
 */
export function entryOf(program: DebugProgram, fn: DwarfFunction): CodePoint | undefined {
  const { entryPc } = fn;
  if (entryPc === undefined) return undefined;
  const pc = storesParameters(fn) ? behindPrologue(program, fn, entryPc) : entryPc;
  return { pc, body: fn, name: fn.name, qualifiedName: fn.qualifiedName, place: fn.declaration, isEntry: pc === entryPc };
}

/** Parameters are where the prologue puts them: in the frame, and in one place all over the function. */
function storesParameters({ parameters, frameBase, unit }: DwarfFunction): boolean {
  const base = frameBase?.kind === 'expression' ? frameBase.expression[0] : undefined;
  const isRegister = base !== undefined && base >= DW_OP_REG0 && base <= DW_OP_BREG31;
  return parameters.some(({ location }) => {
    if (location?.kind !== 'expression' || location.expression[0] !== DW_OP_FBREG) return false;
    return isRegister || isNegative(location.expression) || unit.language === 'go';
  });
}

const DW_OP_REG0 = 0x50;
const DW_OP_BREG31 = 0x8f;
const DW_OP_FBREG = 0x91;
/** Sign of a SLEB128 operand: bit 6 of its last byte. */
const isNegative = (expression: Uint8Array): boolean => {
  const last = expression.subarray(1).findIndex((byte) => byte < 0x80);
  return last >= 0 && ((expression[last + 1] ?? 0) & 0x40) !== 0;
};

function behindPrologue(program: DebugProgram, fn: DwarfFunction, entryPc: bigint): bigint {
  const range = fn.ranges.find(({ low, high }) => entryPc >= low && entryPc < high);
  const table = program.lineTable(fn.unit);
  return range === undefined || table === undefined ? entryPc : (table.addressAfterPrologue(entryPc, range.high) ?? entryPc);
}

/** The bodies that a function was inlined to, each with its first instruction. */
export function inlinedOf({ dwarf }: DebugProgram, fn: DwarfFunction): readonly CodePoint[] {
  return fn.inlinedInstances().flatMap((instance): CodePoint[] => {
    const pc = instance.entryPc;
    const body = pc === undefined ? undefined : dwarf.functionAt(pc);
    return pc === undefined || body === undefined ? [] : [{ pc, body, instance, name: fn.name, qualifiedName: fn.qualifiedName, place: fn.declaration, isEntry: false }];
  });
}

export function labelsOf({ dwarf }: DebugProgram, fn: DwarfFunction, pattern: string): readonly (CodePoint & { readonly label: string })[] {
  const glob = new Glob(pattern);
  const bodies: readonly (DwarfScope | undefined)[] = [fn.entryPc === undefined ? undefined : fn.scope, ...fn.inlinedInstances()];
  return bodies.flatMap((scope) => (scope === undefined ? [] : ownLabels(scope))).filter(({ name }) => glob.matches(name)).flatMap((label) => {
    const body = label.address === undefined ? undefined : dwarf.functionAt(label.address);
    const instance = label.scope.kind === 'inlined' ? (label.scope as DwarfInlined) : undefined;
    return label.address === undefined || body === undefined ? [] : [{ pc: label.address, body, ...(instance === undefined ? {} : { instance }), name: fn.name, qualifiedName: fn.qualifiedName, place: label.declaration ?? fn.declaration, isEntry: false, label: label.name }];
  });
}

/** Labels of a body, not of what was inlined into it. */
function ownLabels(scope: DwarfScope): (DwarfLabel & { readonly scope: DwarfScope })[] {
  return [...scope.labels.map((label) => ({ ...label, scope })), ...blocksOf(scope).flatMap((block) => ownLabels(block).map((label) => ({ ...label, scope })))];
}

const blocksOf = ({ scopes }: DwarfScope): readonly DwarfScope[] => scopes.filter(({ kind }) => kind !== 'inlined');

/** Calls in a body, and the bodies that were inlined right into it. */
export interface Calls { readonly sites: readonly DwarfCallSite[]; readonly inlined: readonly DwarfInlined[] }

export function callsIn(scope: DwarfScope): Calls {
  const inner = blocksOf(scope).map(callsIn);
  const inlined = scope.scopes.filter((one): one is DwarfInlined => one.kind === 'inlined');
  return { sites: [...scope.callSites, ...inner.flatMap(({ sites }) => sites)], inlined: [...inlined, ...inner.flatMap((one) => one.inlined)] };
}

export interface StatementSearch {
  readonly points: readonly CodePoint[];
  /** Lines of the file that have code nearby, when there are no points. */
  readonly before?: number;
  readonly after?: number;
}

/** Instructions of source lines, the first of each block that has the line. `nearest`: the next line that has code, where the line has none. */
export function statementsOf(program: DebugProgram, pattern: FunctionPattern, nearest: boolean): StatementSearch {
  const { file = '*', lines } = pattern;
  if (lines === undefined) return { points: functionsOf(program, pattern).flatMap((fn) => [entryOf(program, fn) ?? [], inlinedOf(program, fn)].flat()) };
  if (lines.kind === 'lines') {
    const points = lines.ranges.flatMap(([first, last]) => atLines(program, pattern, file, first, last));
    const [single] = lines.ranges;
    if (points.length > 0 || single === undefined) return { points };
    const { before, after } = program.linesAround(file, single[0]);
    const near = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
    const chosen = nearest ? nearer(single[0], before, after) : undefined;
    return { points: chosen === undefined ? [] : atLines(program, pattern, file, chosen, chosen), ...near };
  }
  return {
    points: functionsOf(program, pattern).flatMap((fn) => {
      const declared = fn.declaration?.line ?? 0;
      const [first, last] = lines.kind === 'relative' ? [declared + lines.line, declared + lines.line] : [1, Number.MAX_SAFE_INTEGER];
      const found = atLines(program, { ...pattern, name: fn.name }, file, first, last).filter((point) => choosesLine(lines, point.place?.line ?? 0, declared));
      return found.length > 0 || !nearest || lines.kind !== 'relative' ? found : nearestIn(program, fn, file, first);
    }),
  };
}

/** The later of two lines that are equally far: it runs after the wanted one would have. */
function nearer(line: number, before: number | undefined, after: number | undefined): number | undefined {
  if (before === undefined || after === undefined) return after ?? before;
  return line - before < after - line ? before : after;
}

function nearestIn(program: DebugProgram, fn: DwarfFunction, file: string, line: number): readonly CodePoint[] {
  const all = atLines(program, { name: fn.name }, file, 1, Number.MAX_SAFE_INTEGER);
  const sorted = [...all].sort((a, b) => Math.abs((a.place?.line ?? 0) - line) - Math.abs((b.place?.line ?? 0) - line) || (b.place?.line ?? 0) - (a.place?.line ?? 0));
  const chosen = sorted[0]?.place?.line;
  return all.filter(({ place }) => place?.line === chosen);
}

/** Of a single line that is nowhere the start of a statement, what code it has: GCC's bodies that were inlined have such lines. */
function atLines(program: DebugProgram, pattern: FunctionPattern, file: string, first: number, last: number): readonly CodePoint[] {
  const found = pointsAtLines(program, pattern, file, [first, last], false);
  return found.length > 0 || first !== last ? found : pointsAtLines(program, pattern, file, [first, last], true);
}

function pointsAtLines(program: DebugProgram, { name }: FunctionPattern, file: string, lines: readonly [number, number], all: boolean): readonly CodePoint[] {
  const code = isGlob(name) ? undefined : codeOf(program, name);
  const named = name === '*' ? undefined : nameFilter(program, name);
  const files = new SourceFilePattern(file);
  const seen = new Set<string>();
  const points: CodePoint[] = [];
  for (const { pc, line, path, unit } of code === undefined ? program.statements(file, lines, all) : program.statementsOfFunction(code, file, lines, all)) {
    const body = program.dwarf.functionAt(pc, unit);
    if (body === undefined) continue;
    const scope = innermost(body.scope, pc);
    const instance = enclosingInstance(scope);
    const owner = instance ?? body;
    if (named !== undefined && !named(owner)) continue;
    const key = `${scope.id} ${owner.id} ${path}:${line}`;
    if (seen.has(key) || !files.matches(path)) continue;
    seen.add(key);
    points.push({ pc, body, ...(instance === undefined ? {} : { instance }), name: owner.name, qualifiedName: owner.qualifiedName, place: { file: path, line, column: undefined }, isEntry: pc === body.entryPc && unit === body.unit });
  }
  return points;
}

/** As functions are found by their names: `geo::squared` is geo::squared<long> too, and `geo::total` shapes::geo::total. */
function nameFilter({ dwarf }: DebugProgram, name: string): (owner: DwarfFunction | DwarfInlined) => boolean {
  const glob = new Glob(name);
  // A wildcard of simple names needs no index of all.
  const found = isGlob(name) && !name.includes('::') ? [] : dwarf.functions(name);
  const ids = new Set(found.flatMap(({ id, originId }) => [id, originId]));
  return (owner) => ids.has(owner.id) || ids.has(owner.originId) || glob.matches(owner.name) || glob.matches(owner.qualifiedName);
}

/** Code of the functions of a name, bodies and inlined instances, and the units that it is in. */
function codeOf({ dwarf }: DebugProgram, name: string): FunctionCode {
  const places = dwarf.functions(name).flatMap((fn): readonly { readonly unit: DwarfUnit; readonly ranges: readonly AddressRange[] }[] => [fn, ...fn.inlinedInstances()]);
  return { name, units: [...new Set(places.map(({ unit }) => unit))], ranges: places.flatMap(({ ranges }) => ranges) };
}

/** Where the statement begins that an instruction belongs to; undefined: the line tables do not have it. */
export function statementStart(program: DebugProgram, pc: bigint): bigint | undefined {
  const unit = program.dwarf.unitAt(pc);
  return unit === undefined ? undefined : program.lineTable(unit)?.lineAt(pc)?.address;
}

/** The innermost scope at an instruction, through inlined bodies. */
export function innermost(scope: DwarfScope, pc: bigint): DwarfScope {
  return scopesAround(scope, pc)[0] ?? scope;
}

export function enclosingInstance(scope: DwarfScope | undefined): DwarfInlined | undefined {
  if (scope === undefined || scope.kind === 'function') return undefined;
  return scope.kind === 'inlined' ? (scope as DwarfInlined) : enclosingInstance(scope.parent);
}

