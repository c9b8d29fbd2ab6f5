import type { Comparison, LongBinary } from '@stapkit/object';

export const COMPARISONS: Readonly<Record<string, Comparison | undefined>> = { '==': 'eq', '!=': 'ne', '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' };

export const LONG_OPERATORS: Readonly<Record<string, LongBinary | undefined>> = {
  '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '%': 'mod', '<<': 'shl', '>>': 'shr', '>>>': 'ushr', '&': 'and', '|': 'or', '^': 'xor',
};

/** Bytes of the scalars that can be read from memory. */
export const SCALAR_WIDTHS = [1, 2, 4, 8] as const;
