/** Search in what is sorted by its start. */

/**
 * Position of the last of `count` things that starts at a place or before; -1: none.
 * @param startsAtOrBefore whether the thing at a position does; true up to some position, false behind it
 */
export function lastBefore(count: number, startsAtOrBefore: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startsAtOrBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
