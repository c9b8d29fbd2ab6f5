/** Rows of counted points: what was hit, where it is, how often since the last table. */
import { basename } from 'node:path';
import type { Row } from '@stapkit/cli-kit';

/** Name and place of a probe point as pp() spells it: `process("/bin/ls").function("main@src/ls.c:1662")` is main in ls, ls.c:1662. */
export function describePoint(point: string): { readonly name: string; readonly place: string } {
  const [, where = '', kind = '', text = ''] = /^(.*?)\.?(\w+)\("([^"]*)"\)[^"]*$/.exec(point) ?? [];
  if (text === '') return { name: point, place: '' };
  const [name = '', source] = text.split('@');
  const program = /^(?:process|module)\("([^"]*)"\)/.exec(where)?.[1];
  const file = program === undefined ? where : basename(program);
  const place = source === undefined ? file : `${file} ${basename(source)}`;
  return { name: kind === 'function' || kind === 'mark' || kind === 'trace' ? name : `${kind} ${name}`, place };
}

/** The script counts from the beginning; tables at intervals are of what came since the last. */
export class HitsSince {
  readonly #before = new Map<string, number>();

  row([hits = '', ...rest]: readonly string[]): Row | undefined {
    const point = rest.join('\t');
    if (!/^\d+$/.test(hits) || point === '') return undefined;
    const calls = Number(hits) - (this.#before.get(point) ?? 0);
    this.#before.set(point, Number(hits));
    if (calls === 0) return undefined;
    const { name, place } = describePoint(point);
    return { calls, function: name, place, point };
  }
}
