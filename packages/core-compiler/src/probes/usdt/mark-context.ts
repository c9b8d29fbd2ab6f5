/** Variables of a mark: $arg1 …, $$name and $$provider, and, where there is debug information, those of the code around it. */
import type { UsdtProbe } from '@stapkit/debuginfo';
import { enclosingInstance, innermost } from '../dwarf/code-points.js';
import type { DebugProgram } from '../dwarf/debug-program.js';
import { debugScope } from '../dwarf/debug-scope.js';
import { moduleTypes } from '../dwarf/module-types.js';
import type { Surroundings } from '../family.js';
import type { Program } from '../programs.js';
import { TargetContext, type DebugScope } from '../target-context.js';
import { markArguments } from './mark-arguments.js';

export function markContext(program: Program, probe: UsdtProbe, point: string, around: Surroundings): TargetContext {
  const values = markArguments(probe, { elf: program.elf, arch: around.target.arch });
  // Only when a script asks for more than the arguments: debug information may have to be looked for, and read.
  const debug = (): DebugProgram | string => around.debug.of(program.elf, program.path, program.pid);
  let scope: DebugScope | string | undefined;
  const scopeHere = (): DebugScope | string => (scope ??= scopeAround(debug(), probe.pc, around));
  return new TargetContext({
    point, lookup: around.lookup, parameters: [], space: 'user', parametersAtEntry: false, arguments: values,
    texts: { '$$name': probe.name, '$$provider': probe.provider },
    get modules() {
      const own = debug();
      return moduleTypes(typeof own === 'string' ? undefined : own, around);
    },
    get debug() {
      const found = scopeHere();
      return typeof found === 'string' ? undefined : found;
    },
    get advice() {
      const found = scopeHere();
      const count = values.length === 0 ? 'the mark has no arguments' : `the mark has ${values.length === 1 ? 'one argument, $arg1' : `${values.length} arguments, $arg1 to $arg${values.length}`}`;
      return typeof found === 'string' ? `${count}; other variables need debug information: ${found}` : count;
    },
  });
}

function scopeAround(debug: DebugProgram | string, pc: bigint, { target }: Surroundings): DebugScope | string {
  if (typeof debug === 'string') return debug;
  const body = debug.dwarf.functionAt(pc);
  if (body === undefined) return 'it describes no code at this address';
  const place = { program: debug, arch: target.arch, space: 'user', pc, body, instructionPointerBias: 0 } as const;
  return debugScope({ place, scope: enclosingInstance(innermost(body.scope, pc)) ?? body.scope });
}
