/** -G NAME=VALUE. */
import { badOverride } from './catalog.js';
import type { Program } from './program.js';
import { TypeCell } from './types.js';

/** Gives globals their values from the command line. Call when all types are inferred: the type decides how a value is read. */
export function settleOverrides(program: Program, overrides: ReadonlyMap<string, string>): void {
  for (const variable of program.globals) {
    const text = overrides.get(variable.name);
    if (text === undefined || variable.declaration.isPrivate) continue;
    const { nameSpan } = variable.declaration;
    const number = parseNumber(text);
    if (variable.cell.type === undefined) variable.cell.unify(TypeCell.of(number === undefined ? 'string' : 'long', nameSpan), nameSpan);
    if (variable.cell.type === 'string') variable.initial = text;
    else if (number === undefined) program.diagnostics.report(badOverride(variable.name, text, nameSpan));
    else variable.initial = number;
  }
}

/** As the language's literals: decimal, 0x…, 0…; with a sign. */
function parseNumber(text: string): bigint | undefined {
  const match = /^(-?)(?:(0[xX][0-9a-fA-F]+)|0([0-7]+)|(0|[1-9][0-9]*))$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hex, octal, decimal] = match;
  const value = BigInt(hex ?? (octal === undefined ? (decimal ?? '0') : `0o${octal}`));
  return BigInt.asIntN(64, sign === '-' ? -value : value);
}
