/** The order of the table of functions. */
import type { TreeFunction } from '../profile/functions.js';
import type { FunctionTotals } from '../profile/hottest.js';

export type SortKey = 'self' | 'total' | 'name' | 'selfChange' | 'totalChange';

/**
 * Sorts by weights, equal ones stay as they are. A hundred thousand functions have few different weights, and numbers alone are
 * sorted ten times as fast as by a function that compares.
 */
function byWeight(rows: Int32Array, weight: (fn: number) => number, up: boolean): Int32Array {
  const weights = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) weights[at] = weight(rows[at] ?? 0);
  const steps = weights.slice().sort();
  if (!up) steps.reverse();
  // Where the next function of a weight goes.
  const next = new Map<number, number>();
  for (let at = 0; at < steps.length; at += 1) if (at === 0 || steps[at] !== steps[at - 1]) next.set(steps[at] ?? 0, at);
  const sorted = new Int32Array(rows.length);
  for (let at = 0; at < rows.length; at += 1) {
    const own = weights[at] ?? 0;
    const place = next.get(own) ?? 0;
    sorted[place] = rows[at] ?? 0;
    next.set(own, place + 1);
  }
  return sorted;
}

/** By totals: orders that were asked for. What is searched for changes none of them. */
const knownOrders = new WeakMap<FunctionTotals, Map<string, Int32Array>>();

/** All functions of the totals in order; equal ones by total, then in the order of their numbers. @param ownIsBefore the totals' own values are those before a change */
export function sortFunctions(totals: FunctionTotals, functions: readonly TreeFunction[], by: { readonly key: SortKey; readonly up: boolean }, ownIsBefore: boolean): Int32Array {
  const orders = knownOrders.get(totals) ?? new Map<string, Int32Array>();
  knownOrders.set(totals, orders);
  const words = `${by.key} ${by.up} ${ownIsBefore}`;
  const order = orders.get(words) ?? sorted(totals, functions, by, ownIsBefore);
  orders.set(words, order);
  return order;
}

function sorted(totals: FunctionTotals, functions: readonly TreeFunction[], { key, up }: { readonly key: SortKey; readonly up: boolean }, ownIsBefore: boolean): Int32Array {
  const { functions: rows, self, total, otherSelf, otherTotal } = totals;
  const name = (fn: number): string => functions[fn]?.name ?? '';
  if (key === 'name') return rows.slice().sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : a - b) * (up ? 1 : -1));
  // Minus zero is no other weight than zero.
  const change = (own: Float64Array, other: Float64Array) => (fn: number): number => ((own[fn] ?? 0) - (other[fn] ?? 0)) * (ownIsBefore ? -1 : 1) + 0;
  const weights: Readonly<Record<Exclude<SortKey, 'name'>, (fn: number) => number>> = {
    self: (fn) => self[fn] ?? 0, total: (fn) => total[fn] ?? 0, selfChange: change(self, otherSelf), totalChange: change(total, otherTotal),
  };
  const byTotal = key === 'total' ? rows : byWeight(rows, weights.total, false);
  return byWeight(byTotal, weights[key], up);
}
