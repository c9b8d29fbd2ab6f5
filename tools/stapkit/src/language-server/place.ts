/** Where in a script a cursor is. */

export type Place =
  /** In a probe's list of points: what is there of this one, up to the cursor. */
  | { readonly kind: 'point'; readonly typed: string }
  /** In a body behind `$`; the probe's points. */
  | { readonly kind: 'variable'; readonly typed: string; readonly points: readonly string[] }
  /** In a body; `points` is empty in a function. */
  | { readonly kind: 'word'; readonly typed: string; readonly points: readonly string[] }
  /** In a comment or a text. */
  | { readonly kind: 'nothing' };

/** Comments and texts become blanks of the same length; texts in a probe's points stay. */
export function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"?|\/\*[^]*?(?:\*\/|$)|(?:\/\/|#).*/g, (found) => (found.startsWith('"') ? found : found.replace(/[^\n]/g, ' ')));
}

/** Points of a probe's head: after `=` of an alias, without braces of conditions. */
const pointsOf = (head: string): readonly string[] => head.replace(/^[^={]*?\+?=(?!=)/, '').split(',').map((one) => one.trim().replace(/[?!]$/, '').replace(/\s+if\s*\(.*$/, '')).filter((one) => one !== '');

/** The probe whose body the end of `before` is in; undefined: in none. */
function enclosingPoints(before: string): readonly string[] | undefined {
  const heads = [...before.matchAll(/\b(probe|function)\b([^{]*)\{/g)];
  const last = heads.at(-1);
  if (last === undefined) return undefined;
  const body = before.slice(last.index + last[0].length).replace(/"(?:[^"\\\n]|\\.)*"/g, '');
  let depth = 1;
  for (const character of body) depth += character === '{' ? 1 : character === '}' ? -1 : 0;
  return depth <= 0 ? undefined : last[1] === 'probe' ? pointsOf(last[2] ?? '') : [];
}

export function placeAt(text: string, offset: number): Place {
  const before = withoutComments(text.slice(0, offset));
  // In a comment another letter would be a blank, too.
  if (withoutComments(`${text.slice(0, offset)}x`) !== `${before}x`) return { kind: 'nothing' };
  const head = /\bprobe\s+((?:"(?:[^"\\\n]|\\.)*(?:"|$)|[^{}"])*)$/.exec(before)?.[1];
  if (head !== undefined) return { kind: 'point', typed: /(?:"(?:[^"\\\n]|\\.)*(?:"|$)|[^,=?!\s"])*$/.exec(head)?.[0] ?? '' };
  const line = before.slice(before.lastIndexOf('\n') + 1);
  if (line.replace(/\\./g, '').split('"').length % 2 === 0) return { kind: 'nothing' };
  const points = enclosingPoints(before) ?? [];
  const variable = /\$\w*$/.exec(before)?.[0];
  if (variable !== undefined) return { kind: 'variable', typed: variable, points };
  return { kind: 'word', typed: /@?\w*$/.exec(before)?.[0] ?? '', points };
}

/** The word that the cursor is on, with its `$` or `@`, and with dots where it is a probe point. */
export function wordAt(text: string, offset: number): { readonly word: string; readonly start: number } | undefined {
  const inPoint = placeAt(text, offset).kind === 'point';
  const [before, after] = inPoint ? [/[\w.*]*$/, /^[\w*]*/] : [/[$@]?\w*$/, /^\w*/];
  const left = before.exec(text.slice(0, offset))?.[0] ?? '';
  const word = left + (after.exec(text.slice(offset))?.[0] ?? '');
  return word === '' ? undefined : { word, start: offset - left.length };
}
