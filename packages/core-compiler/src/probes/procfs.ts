/** procfs("PATH").read and .write, .maxsize(N), .umask(M): files of the session that others read and write. */
import type { DiagnosticSink } from '../diagnostics/index.js';
import { callIntrinsic } from '../semantic/intrinsic-calls.js';
import type { ProbePoint, ProbePointComponent, TargetExpression } from '../syntax/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, numberArgument, pointText, textArgument, type Expand, type Surroundings } from './family.js';
import { incompletePoint, numberOutOfRange, repeatedComponent, unknownComponent, withoutEffect, wrongProcfsPath } from './problems.js';
import type { ContextVariable, ProbeContext, TargetResolution, WritableVariable } from './resolve.js';

/** stap's. */
const DEFAULT_PATH = 'command';
/** Permissions that .umask(M) takes away, unless it is given: all but the owner's. */
const DEFAULT_UMASK = 0o077;
const LARGEST_FILE = 1n << 24n;
const SUFFIXES = ['read', 'write', 'umask', 'maxsize'];

export const expandProcfs: Expand = (point, around, problems) => {
  const [procfs, ...suffixes] = point.components;
  const path = procfs === undefined ? undefined : pathOf(procfs, problems);
  const options = path === undefined ? undefined : readSuffixes(point, suffixes, problems);
  if (path === undefined || options === undefined) return [];
  const { direction, umask = DEFAULT_UMASK, maxBytes } = options;
  const name = pointText(point.components);
  const mode = (direction === 'read' ? 0o444 : 0o222) & ~umask;
  const attach = { kind: 'procfs', path, direction, mode, ...(maxBytes === undefined ? {} : { maxBytes }) } as const;
  return [{ name, where: 'host', isReturn: false, attach, context: new ProcfsContext(name, direction, around) }];
};

function pathOf(procfs: ProbePointComponent, problems: DiagnosticSink): string | undefined {
  if (procfs.argument === undefined) return DEFAULT_PATH;
  const path = textArgument(procfs, problems);
  if (path === undefined) return undefined;
  const parts = path.split('/');
  const why = path === '' ? 'it is empty' : path.startsWith('/') ? 'it starts with /' : parts.some((part) => part === '' || part === '.' || part === '..') ? 'it has an empty part, . or ..' : parts.some((part) => part.length > 200) ? 'a name in it is too long' : undefined;
  if (why === undefined) return path;
  problems.report(wrongProcfsPath(procfs, why));
  return undefined;
}

interface Options { readonly direction: 'read' | 'write'; readonly umask?: number; readonly maxBytes?: number }

/** In any order, as stap's own variants are; undefined, and reported, when something is wrong. */
function readSuffixes(point: ProbePoint, suffixes: readonly ProbePointComponent[], problems: DiagnosticSink): Options | undefined {
  let direction: Options['direction'] | undefined;
  let options: Omit<Options, 'direction'> = {};
  const seen = new Set<string>();
  for (const suffix of suffixes) {
    const { name } = suffix;
    if (!SUFFIXES.includes(name)) {
      problems.report(unknownComponent(suffix, pointText(point.components.slice(0, point.components.indexOf(suffix))), SUFFIXES));
      return undefined;
    }
    const group = name === 'write' ? 'read' : name;
    if (seen.has(group)) {
      problems.report(repeatedComponent(suffix, 'of .read and .write there is one, and one .umask and .maxsize'));
      return undefined;
    }
    seen.add(group);
    if (name === 'read' || name === 'write') {
      if (!hasNoArgument(suffix, problems)) return undefined;
      direction = name;
      continue;
    }
    const most = name === 'umask' ? 0o777n : LARGEST_FILE;
    const value = numberArgument(suffix, problems);
    if (value === undefined) return undefined;
    if (value < (name === 'umask' ? 0n : 1n) || value > most) {
      problems.report(numberOutOfRange(suffix, name === 'umask' ? 'permissions from 0 to 0777' : `a number of bytes from 1 to ${most}`));
      return undefined;
    }
    options = name === 'umask' ? { ...options, umask: Number(value) } : { ...options, maxBytes: Number(value) };
  }
  if (direction === undefined) {
    problems.report(incompletePoint(point, pointText(point.components), '.read or .write'));
    return undefined;
  }
  const size = suffixes.find(({ name }) => name === 'maxsize');
  if (direction === 'write' && size !== undefined) problems.report(withoutEffect(size, 'what is written comes in strings of the string limit'));
  return { direction, ...options };
}

/** `$value`: the text that was written, or that is to be read. */
class ProcfsContext implements ProbeContext {
  readonly #direction: 'read' | 'write';
  readonly #others: ProbeContext;

  constructor(point: string, direction: 'read' | 'write', { lookup }: Surroundings) {
    this.#direction = direction;
    this.#others = contextWithoutVariables(`'${point}'`, lookup, `its only variable is $value`);
  }

  resolve(expression: TargetExpression, elaborate: Parameters<ProbeContext['resolve']>[1]): TargetResolution {
    const { base, steps, addressOf, pretty, span } = expression;
    if (base.kind !== 'variable' || base.name !== '$value') return this.#others.resolve(expression, elaborate);
    if (steps.length > 0 || addressOf || pretty !== 0) return { ok: false, message: "'$value' is a string, and has no members", span, similar: [] };
    return { ok: true, expression: callIntrinsic('procfs_value', [], span) };
  }

  writable(name: string): WritableVariable | undefined {
    return name === '$value' && this.#direction === 'read' ? { type: 'string', set: 'procfs_set', append: 'procfs_append' } : undefined;
  }

  variables(): readonly ContextVariable[] {
    return [{ name: '$value', type: 'string', group: 'other' }];
  }
}
