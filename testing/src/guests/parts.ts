/**
 * What is tested in a guest comes in parts: each adds its checks to the one boot of a kernel, and declares tests on what came out.
 * A file a kernel (linux-6.1.guest.test.ts …) puts the parts together: two guests run side by side where there are two processors.
 */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { GuestSession, type GuestArch, type GuestKernel } from './guest.js';

export interface GuestPart {
  readonly name: string;
  /** Compiles what this machine compiles, and adds the checks. Runs before the boot. */
  readonly prepare: () => Promise<void>;
  /** Declares the tests; they run after the boot. */
  readonly declareTests: () => void;
}

export type MakePart = (guest: GuestSession, kernel: GuestKernel) => GuestPart;

/** A part that npm test leaves out, for what it costs: it runs when STAPKIT_GUEST_PARTS names parts. */
export const onlyWhenAsked = (make: MakePart): readonly MakePart[] => (process.env['STAPKIT_GUEST_PARTS'] === undefined ? [] : [make]);

/** Declares the tests of all parts, and boots once for them. */
export function testInGuest(kernel: GuestKernel, parts: readonly MakePart[], arch?: GuestArch): void {
  describe(`Linux ${kernel}${arch === undefined ? '' : `, ${arch}`}`, () => {
    const guest = new GuestSession(kernel, arch);
    // STAPKIT_GUEST_PARTS=tools,places: while one writes a part.
    const only = process.env['STAPKIT_GUEST_PARTS']?.split(',');
    const made = parts.map((make) => make(guest, kernel)).filter(({ name }) => only?.includes(name) ?? true);
    beforeAll(async () => {
      for (const part of made) await part.prepare();
      await guest.run(900);
      if (process.env['STAPKIT_GUEST_TIMES'] !== undefined) process.stderr.write(`${kernel}: seconds since the boot at the end of each check\n${guest.times}`);
    }, 1_200_000);
    afterAll(() => { guest.remove(); });
    for (const { name, declareTests } of made) describe(name, declareTests);
  });
}
