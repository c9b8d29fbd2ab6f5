/** Rows of func-latency.stp. */
import type { Row } from '@stapkit/cli-kit';

export function latencyRow([calls = '', least, mean, most, total, ...by]: readonly string[]): Row | undefined {
  if (total === undefined || !/^\d+$/.test(calls)) return undefined;
  return { calls: Number(calls), min_ns: Number(least), avg_ns: Number(mean), max_ns: Number(most), total_ns: Number(total), by: by.join('\t') };
}

/** What tells calls apart, as an expression of the script. What a function was given is read when it is called. */
export function byExpression(by: string): string {
  const known: Readonly<Record<string, string>> = { function: 'ppfunc()', pid: 'pid()', tid: 'tid()', comm: 'execname()', uid: 'uid()', cpu: 'cpu()' };
  if (Object.hasOwn(known, by)) return known[by] ?? by;
  return by.includes('$') && !by.includes('$return') && !by.includes('@entry') ? `@entry(${by})` : by;
}
