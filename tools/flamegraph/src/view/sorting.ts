/** The order of the table of functions. */
import type { TreeFunction } from '../profile/functions.js';
import type { FunctionTotals } from '../profile/hottest.js';

export type SortKey = 'self' | 'total' | 'name' | 'selfChange' | 'totalChange';

/** Equal ones by total, then by name. @param ownIsBefore the rows' own values are those before a change */
export function sortRows(rows: readonly FunctionTotals[], functions: readonly TreeFunction[], { key, up }: { readonly key: SortKey; readonly up: boolean }, ownIsBefore: boolean): FunctionTotals[] {
  const name = ({ fn }: FunctionTotals): string => functions[fn]?.name ?? '';
  const byName = (a: FunctionTotals, b: FunctionTotals): number => { const [one, two] = [name(a), name(b)]; return one < two ? -1 : one > two ? 1 : 0; };
  const sign = ownIsBefore ? -1 : 1;
  const numbers: Readonly<Record<Exclude<SortKey, 'name'>, (row: FunctionTotals) => number>> = {
    self: ({ self }) => self, total: ({ total }) => total, selfChange: ({ self, otherSelf }) => sign * (self - otherSelf), totalChange: ({ total, otherTotal }) => sign * (total - otherTotal),
  };
  const forward = key === 'name' ? byName : (a: FunctionTotals, b: FunctionTotals): number => numbers[key](a) - numbers[key](b);
  return [...rows].sort((a, b) => (up ? forward(a, b) : forward(b, a)) || b.total - a.total || byName(a, b));
}
