/** process….begin, .end, .thread.begin, .thread.end, .syscall, .syscall.return: what happens to processes, whatever their code. */
import { SYSCALL_NUMBER, type AttachPoint, type ProcessEvent, type ProcessFilter } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import type { CType } from './c-types.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, type Expand, type Surroundings } from './family.js';
import { incompletePoint, unknownComponent, unsupportedPoint } from './problems.js';
import { findPrograms } from './programs.js';
import type { ResolvedPoint } from './resolve.js';
import { TargetContext } from './target-context.js';

export const PROCESS_EVENTS: readonly string[] = ['begin', 'end', 'thread', 'syscall', 'insn'];

const LONG: CType = { kind: 'base', name: 'long', scalar: { bytes: 8, signed: true } };
const ARGUMENTS = 6;

export const expandProcessEvent: Expand = (point, around, problems) => {
  const [process, ...rest] = point.components;
  const event = process === undefined ? undefined : eventOf(point, rest, problems);
  if (process === undefined || event === undefined) return [];
  const suffix = rest.map(({ name }) => name).join('.');
  if (process.argument === undefined) return points({ event, name: `process.${suffix}` }, around);
  return findPrograms(process, point, around, problems).flatMap(({ path, label, pid }) => {
    const processes: ProcessFilter = pid === undefined ? { kind: 'program', path } : { kind: 'pid', pid };
    return points({ event, name: `${label}.${suffix}`, processes }, around);
  });
};

/** undefined, and reported, when it is none. */
function eventOf(point: ProbePoint, [kind, second, extra]: readonly ProbePointComponent[], problems: DiagnosticSink): ProcessEvent | undefined {
  if (kind === undefined) return undefined;
  if (kind.name === 'insn') {
    problems.report(unsupportedPoint(kind, 'process.insn', 'BPF cannot step through a program', 'probe its functions: process("PATH").function("*")'));
    return undefined;
  }
  const known = kind.name === 'thread' ? ['begin', 'end'] : kind.name === 'syscall' ? ['return'] : [];
  const before = `process.${kind.name}`;
  if (kind.name === 'thread' && second === undefined) {
    problems.report(incompletePoint(point, before, '.begin or .end'));
    return undefined;
  }
  const wrong = second !== undefined && !known.includes(second.name) ? second : extra;
  if (wrong !== undefined) {
    problems.report(unknownComponent(wrong, wrong === second ? before : `${before}.${second?.name ?? ''}`, wrong === second ? known : []));
    return undefined;
  }
  if (![kind, ...(second === undefined ? [] : [second])].every((one) => hasNoArgument(one, problems))) return undefined;
  switch (kind.name) {
    case 'thread': return second?.name === 'begin' ? 'thread-begin' : 'thread-end';
    case 'syscall': return second === undefined ? 'syscall' : 'syscall-return';
    default: return kind.name === 'begin' ? 'begin' : 'end';
  }
}

interface Wanted { readonly event: ProcessEvent; readonly name: string; readonly processes?: ProcessFilter }

/** A begin is also of what is there when the session starts: that is told by the host. */
function points({ event, name, processes }: Wanted, around: Surroundings): readonly ResolvedPoint[] {
  const filter = processes === undefined ? {} : { processes };
  const point = (where: ResolvedPoint['where'], attach: AttachPoint): ResolvedPoint => ({ name, where, attach, isReturn: event === 'syscall-return', context: contextOf(event, name, around) });
  const inKernel = point('kernel', { kind: 'process', event, ...filter });
  if (event !== 'begin' && event !== 'thread-begin') return [inKernel];
  return [inKernel, point('host', { kind: 'existing-process', threads: event === 'thread-begin', ...filter })];
}

function contextOf(event: ProcessEvent, point: string, { lookup }: Surroundings): ResolvedPoint['context'] {
  if (event !== 'syscall' && event !== 'syscall-return') return contextWithoutVariables(point, lookup, 'this probe point has no target variables');
  const isReturn = event === 'syscall-return';
  const count = isReturn ? 0 : ARGUMENTS;
  return new TargetContext({
    point, lookup, space: 'user', parametersAtEntry: false,
    parameters: [{ name: 'syscall', type: LONG, index: SYSCALL_NUMBER }, ...Array.from({ length: count }, (_, index) => ({ name: `arg${index + 1}`, type: LONG, index }))],
    ...(isReturn ? { returnType: LONG } : {}),
  });
}
