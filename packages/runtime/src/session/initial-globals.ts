/** The scalar globals' values before `begin`: the script's own, or those of the command line. */
import type { ObjectMetadata } from '@stapkit/object';
import type { HostProgram } from '../host/program.js';
import { SessionError } from './options.js';

/** A number as -G takes it: decimal, 0x…, 0…, with a sign. Undefined when it is none or does not fit 64 bits. */
function parseNumber(text: string): bigint | undefined {
  const match = /^(-?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = ''] = match;
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= -(1n << 63n) && value < 1n << 64n ? BigInt.asIntN(64, value) : undefined;
}

/**
 * Writes the initial values; those of `overrides` are byte strings.
 * Throws SessionError for a number that is none, and for a text that is too long.
 */
export function setInitialGlobals(program: HostProgram, metadata: ObjectMetadata, overrides: Readonly<Record<string, string>>): void {
  metadata.globals.forEach((global, id) => {
    if (global.kind !== 'long' && global.kind !== 'string') return;
    const given = Object.hasOwn(overrides, global.name) ? overrides[global.name] : undefined;
    if (given === undefined) {
      program.scalar(id).store(global.initial);
    } else if (global.kind === 'string') {
      const room = global.storage.kind === 'slot' ? global.storage.bytes - 1 : given.length;
      if (given.length > room) throw new SessionError(`${global.name}: the global "${global.name}" has room for ${room} bytes, and this text has ${given.length}`);
      program.scalar(id).store(given);
    } else {
      const value = parseNumber(given);
      if (value === undefined) throw new SessionError(`${global.name}=${given}: the global "${global.name}" is a number`, `write it as in ${global.name}=42`);
      program.scalar(id).store(value);
    }
  });
}
