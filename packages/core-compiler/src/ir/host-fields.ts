/** Addresses of members in what the host runs: nothing relocates these, so they are those of the kernel compiled for. */
import type { IrBody, IrProgram } from '@stapkit/object';

/** Makes them constants. @returns whether there were any: the object is then bound to that kernel */
export function fixHostFields(program: IrProgram): boolean {
  let found = false;
  const fix = ({ blocks }: IrBody): void => {
    for (const { instructions } of blocks) {
      instructions.forEach((one, index) => {
        if (one.op !== 'field-address') return;
        found = true;
        const { dst, base, field, location } = one;
        const offset = BigInt(program.fields[field]?.offset ?? 0);
        instructions[index] = { op: 'binary', fn: 'add', dst, a: base, b: { long: offset }, ...(location === undefined ? {} : { location }) };
      });
    }
  };
  for (const probe of program.probes) if (probe.where === 'host') fix(probe.body);
  // Those that are left are called by host probes, or by the host when it prints.
  for (const one of program.functions) fix(one.body);
  return found;
}
