/**
 * kernel.syscall("NAME") and .return: what the tapset's syscall.* aliases stand on. Entry and exit of the raw
 * system call; the parameters are in the registers that the kernel saved, at both.
 */
import { Glob, isGlob } from '@stapkit/debuginfo';
import { similarNames } from '../diagnostics/index.js';
import { parseCType, type CType } from './c-types.js';
import { hasNoArgument, numberArgument, textArgument, type Expand, type Surroundings } from './family.js';
import { noSyscallMatches, unknownComponent, unknownSyscall, withoutEffect } from './problems.js';
import type { ResolvedPoint } from './resolve.js';
import type { Syscall } from './syscall-table.js';
import { TargetContext } from './target-context.js';

/** On success their saved registers are another program's, or another moment's: parameters are kept from the entry. */
const REPLACES_REGISTERS: ReadonlySet<string> = new Set(['execve', 'execveat', 'rt_sigreturn']);
/** What every system call gives back: a signed number, negative for an error. */
const RETURN_TYPE: CType = { kind: 'base', name: 'long', scalar: { bytes: 8, signed: true } };

export const expandSyscall: Expand = (point, around, problems) => {
  const [, syscall, suffix, second, third] = point.components;
  const limit = suffix?.name === 'return' && second?.name === 'maxactive' ? second : undefined;
  const extra = limit === undefined ? second : third;
  const pattern = syscall === undefined ? undefined : textArgument(syscall, problems);
  if (syscall === undefined || pattern === undefined) return [];
  const unknown = suffix?.name === 'return' ? extra : suffix;
  if (unknown !== undefined) {
    problems.report(unknownComponent(unknown, `kernel.syscall("${pattern}")${suffix === unknown ? '' : '.return'}`, suffix === unknown ? ['return'] : limit === undefined ? ['maxactive'] : []));
    return [];
  }
  if (suffix !== undefined && !hasNoArgument(suffix, problems)) return [];
  if (limit !== undefined) {
    if (numberArgument(limit, problems) === undefined) return [];
    problems.report(withoutEffect(limit, 'the returns of system calls are tracepoints, of which none is missed'));
  }
  const table = around.syscalls();
  const { arch } = around.target;
  if (isGlob(pattern)) {
    const glob = new Glob(pattern);
    const found = [...table.values()].filter((one) => one.numbers[arch] !== undefined && glob.matches(one.name));
    if (found.length === 0) problems.report(noSyscallMatches(pattern, syscall.span, arch));
    return found.flatMap((one) => resolved(one, suffix !== undefined, around));
  }
  const one = table.get(pattern);
  if (one?.numbers[arch] === undefined) {
    const here = [...table.values()].filter(({ numbers }) => numbers[arch] !== undefined).map(({ name }) => name);
    const elsewhere = Object.keys(one?.numbers ?? {})[0];
    problems.report(unknownSyscall(pattern, syscall.span, { arch, similar: similarNames(pattern, here), ...(elsewhere === undefined ? {} : { elsewhere }) }));
    return [];
  }
  return resolved(one, suffix !== undefined, around);
};

function resolved(call: Syscall, isReturn: boolean, around: Surroundings): ResolvedPoint[] {
  const nr = call.numbers[around.target.arch];
  if (nr === undefined) return [];
  const name = `kernel.syscall("${call.name}")${isReturn ? '.return' : ''}`;
  const context = new TargetContext({
    point: name,
    lookup: around.lookup,
    parameters: (call.parameters ?? []).map((parameter, index) => ({ name: parameter.name, index, get type() { return parseCType(parameter.type, around.lookup); } })),
    ...(isReturn ? { returnType: RETURN_TYPE } : {}),
    space: 'user',
    parametersAtEntry: isReturn && REPLACES_REGISTERS.has(call.name),
    bareParametersAtEntry: isReturn && REPLACES_REGISTERS.has(call.name),
    texts: { '$$name': call.name },
    ...(call.parameters === undefined ? { advice: `the parameters of '${call.name}' are not known: use ulong_arg(N)` } : {}),
  });
  return [{ name, attach: { kind: 'syscall', nr, name: call.name, return: isReturn }, where: 'kernel', isReturn, context, functionName: call.name }];
}
