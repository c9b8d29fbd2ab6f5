/** Addresses of members in what the host runs: nothing relocates these, so they are those of the kernel compiled for. */
import type { IrBody, IrInstruction, IrProgram, Value } from '@stapkit/object';

/**
 * Makes them constants.
 * @returns whether a script can see one: the object is then bound to that kernel. A read is none: it faults in the process, and only its message tells the address.
 */
export function fixHostFields(program: IrProgram): boolean {
  let found = false;
  const offsetOf = (field: number): Value => ({ long: BigInt(program.fields[field]?.offset ?? 0) });
  const fix = (body: IrBody): void => {
    for (const { instructions } of body.blocks) {
      const fixed = instructions.flatMap((one): IrInstruction[] => {
        const location = one.location === undefined ? {} : { location: one.location };
        if (one.op === 'field-address') {
          found = true;
          return [{ op: 'binary', fn: 'add', dst: one.dst, a: one.base, b: offsetOf(one.field), ...location }];
        }
        if (one.op !== 'read-memory' || one.field === undefined) return [one];
        const { field, address, ...read } = one;
        const dst = body.registers.push({ type: 'long' }) - 1;
        return [{ op: 'binary', fn: 'add', dst, a: address, b: offsetOf(field), ...location }, { ...read, address: { register: dst } }];
      });
      instructions.splice(0, instructions.length, ...fixed);
    }
  };
  for (const probe of program.probes) if (probe.where === 'host') fix(probe.body);
  // Those that are left are called by host probes, or by the host when it prints.
  for (const one of program.functions) fix(one.body);
  return found;
}
