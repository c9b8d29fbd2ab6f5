import type { Comparison, LongBinary } from '@stapkit/object';

export const COMPARISONS: Readonly<Record<string, Comparison | undefined>> = { '==': 'eq', '!=': 'ne', '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' };

export const LONG_OPERATORS: Readonly<Record<string, LongBinary | undefined>> = {
  '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '%': 'mod', '<<': 'shl', '>>': 'shr', '>>>': 'ushr', '&': 'and', '|': 'or', '^': 'xor',
};
