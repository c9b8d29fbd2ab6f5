/** All families of builtin probe points behind one interface. */
import { similarNames, type DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePoint } from '../syntax/index.js';
import { expandBeginEnd } from './begin-end.js';
import type { ModuleTypes, TypeLookup } from './c-types.js';
import { expandKernelData } from './data.js';
import { DebugLibrary } from './dwarf/debug-library.js';
import { moduleTypes } from './dwarf/module-types.js';
import { contextWithoutVariables } from './empty-context.js';
import { pointText, type Expand, type Surroundings } from './family.js';
import { expandKernelFunction, expandModuleFunction } from './kernel-functions.js';
import { expandKprobe } from './kprobes.js';
import { expandNetfilter } from './netfilter.js';
import { expandPerf } from './perf.js';
import { expandProcfs } from './procfs.js';
import { unknownComponent } from './problems.js';
import { expandProcess } from './processes.js';
import type { ProbeResolver, ProbeResolverOptions, ResolvedPoint } from './resolve.js';
import { KernelSourceIndex } from './source-index.js';
import { parseSyscallTable, type SyscallTable } from './syscall-table.js';
import { expandSyscall } from './syscalls.js';
import { expandTimer } from './timers.js';
import { expandTracepoint } from './tracepoints.js';

const expandKernel: Expand = (point, around, problems) => {
  switch (point.components[1]?.name) {
    case 'trace':
    case 'tracepoint':
      return expandTracepoint(point, around, problems);
    case 'data':
      return expandKernelData(point, around, problems);
    case 'syscall':
      return expandSyscall(point, around, problems);
    default:
      return expandKernelFunction(point, around, problems);
  }
};

const FAMILIES: Readonly<Record<string, Expand>> = {
  begin: expandBeginEnd, end: expandBeginEnd, error: expandBeginEnd, never: expandBeginEnd,
  timer: expandTimer, kernel: expandKernel, module: expandModuleFunction, kprobe: expandKprobe, process: expandProcess, perf: expandPerf, netfilter: expandNetfilter, procfs: expandProcfs,
};

/** @returns a resolver that asks `options.target` only when a point needs it. */
export function createProbeResolver(options: ProbeResolverOptions): ProbeResolver {
  const { target, command } = options;
  const lookup: TypeLookup = {
    charIsSigned: target.arch === 'x86_64',
    get btf() {
      return target.btf;
    },
    get modules() {
      modules ??= moduleTypes(undefined, around);
      return modules;
    },
  };
  let table: SyscallTable | undefined;
  let sources: KernelSourceIndex | undefined;
  let modules: ModuleTypes | undefined;
  const around: Surroundings = { target, lookup, command, listing: options.listing ?? false, debug: new DebugLibrary(target), programs: new Map(), syscalls: () => (table ??= parseSyscallTable(options.syscallTable)), sources: () => (sources ??= options.kernelSources === undefined ? undefined : new KernelSourceIndex(options.kernelSources())) };
  const builtinNames = Object.keys(FAMILIES);
  return {
    builtinNames,
    enumerators: {
      value: (name) => target.btf?.enumValue(name),
      members: (type) => target.btf?.findByName(type, 'enum', 'enum64')?.enumerators,
    },
    functionContext: contextWithoutVariables('a function', lookup, 'pass the value as an argument'),
    finish: () => { around.debug.keepAnswers(); },
    expand(point: ProbePoint, problems: DiagnosticSink): readonly ResolvedPoint[] {
      const [first] = point.components;
      const family = first === undefined || !Object.hasOwn(FAMILIES, first.name) ? undefined : FAMILIES[first.name];
      if (family !== undefined) return family(point, around, problems);
      if (first !== undefined) {
        problems.report({ ...unknownComponent(first, 'a probe point', similarNames(first.name, builtinNames)), message: `there is no probe point '${pointText(point.components)}'` });
      }
      return [];
    },
  };
}
