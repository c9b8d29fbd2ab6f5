/** -l and -L: which probe points a pattern names, and what each offers to its handler. */
import { SourceText } from '../source/index.js';
import { parseScript } from '../syntax/index.js';
import type { BlockStatement, PreprocessorFacts } from '../syntax/index.js';
import { expandPoints } from './aliases.js';
import type { ElaborateInput } from './elaborate.js';
import { bindFunctions } from './functions.js';
import { bindHandler } from './handlers.js';
import type { Handler } from './handlers.js';
import { settleOverrides } from './overrides.js';
import { Program } from './program.js';

/** One line of -l / -L. */
export interface ListedProbe {
  readonly name: string;
  /** Alias variables ("name:string") then target variables ("$file:struct file*"), as `stap -L` prints them. */
  readonly variables: readonly string[];
}

/** A pattern holds no conditionals, so nothing asks these. */
const FACTS: PreprocessorFacts = {
  kernelVersion: '', kernelRelease: '', arch: '', config: () => undefined, systemtapVersion: '', runtime: 'bpf', guruMode: false, privilege: 'stapdev',
};

const NONE: readonly string[] = [];

/** Lists what `pattern` (one or more probe points, with wildcards) names, with their variables if they are wanted. Nothing found is an empty list; why is in `diagnostics`. */
export function listProbes(pattern: string, input: Omit<ElaborateInput, 'scripts' | 'globalOverrides' | 'autoPrintGlobals'>, variables: boolean): readonly ListedProbe[] {
  const { diagnostics } = input;
  const script = parseScript(new SourceText('<pattern>', `probe ${pattern} {}`), { diagnostics, facts: FACTS, args: [] });
  const program = new Program({ ...input, scripts: [script] });
  if (!variables) return namesOf(program);
  const handlers: Handler[] = [];
  for (const probe of program.userProbes) {
    const empty: BlockStatement = { kind: 'block', statements: [], span: probe.span };
    for (const { point, expansions } of expandPoints(program, probe.points)) {
      for (const expansion of expansions) handlers.push(bindHandler(program, point, expansion, empty));
    }
  }
  bindFunctions(program);
  settleOverrides(program, new Map());
  const listed = new Map<string, ListedProbe>();
  for (const handler of handlers) {
    const probe = describe(handler);
    const key = `${probe.name} ${probe.variables.join(' ')}`;
    if (!listed.has(key)) listed.set(key, probe);
  }
  return [...listed.values()];
}

/** Loops, not flatMap: a wildcard names 50,000 functions. */
function namesOf(program: Program): readonly ListedProbe[] {
  const names = new Set<string>();
  for (const { points } of program.userProbes) {
    for (const { expansions } of expandPoints(program, points)) for (const { listName } of expansions) names.add(listName);
  }
  const listed: ListedProbe[] = [];
  for (const name of names) listed.push({ name, variables: NONE });
  return listed;
}

function describe({ frame, expansion }: Handler): ListedProbe {
  const locals = frame.scope.all.filter((local) => local.assigned && !local.name.startsWith('.') && local.cell.type !== undefined);
  return {
    name: expansion.listName,
    variables: [
      ...locals.map((local) => `${local.name}:${local.cell.type ?? ''}`),
      ...expansion.resolved.context.variables().map((one) => `${one.name}:${one.type}`),
    ],
  };
}
