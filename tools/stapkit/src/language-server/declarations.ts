/** What a script or a file of the library declares, with its place and the comment above it: for completion, hover and go to definition. */

export interface Declaration {
  readonly kind: 'function' | 'alias' | 'global' | 'macro';
  readonly name: string;
  /** The declaration's first line, without its body. */
  readonly signature: string;
  /** Text of the comment right above. */
  readonly comment: string;
  /** Path of the file. */
  readonly file: string;
  /** From 0, in characters. */
  readonly line: number;
  readonly column: number;
}

const FUNCTION = /^\s*(private\s+)?function\s+([A-Za-z_]\w*)/;
const ALIAS = /^\s*probe\s+([^={]+?)\s*\+?=(?!=)/;
const GLOBAL = /^\s*(private\s+)?global\s+(.*)/;
const MACRO = /^\s*@define\s+(\w+)/;

/** The comment that ends in the line above. */
function commentAbove(lines: readonly string[], line: number): string {
  const found: string[] = [];
  for (let at = line - 1; at >= 0; at--) {
    const text = (lines[at] ?? '').trim();
    const isBlock = found.length === 0 ? text.endsWith('*/') : found[0]?.includes('*/') === true && !found.some((one) => one.includes('/*'));
    if (!isBlock && !/^(?:\/\/|#)/.test(text)) break;
    found.unshift(text);
    if (isBlock && text.startsWith('/*')) break;
  }
  return found.map((text) => text.replace(/^(?:\/\*+|\*(?!\/)|\/\/+|#+)\s?/, '').replace(/\s*\*+\/$/, '')).join('\n').trim();
}

/** Names with their columns: `a, b[10], c = 1`. */
function namesIn(list: string, from: number): readonly (readonly [name: string, column: number])[] {
  const names: [string, number][] = [];
  for (const { 0: part, index } of list.matchAll(/[^,]+/g)) {
    const name = /[A-Za-z_][\w.]*/.exec(part);
    if (name !== null) names.push([name[0], from + index + name.index]);
  }
  return names;
}

/** Without private ones, which are known in their own file alone, unless `own`. */
export function declarationsIn(file: string, text: string, own: boolean): readonly Declaration[] {
  const lines = text.split('\n');
  return lines.flatMap((content, line): readonly Declaration[] => {
    const of = (kind: Declaration['kind'], names: readonly (readonly [string, number])[]): readonly Declaration[] =>
      names.map(([name, column]) => ({ kind, name, signature: content.replace(/\s*(?:\{|%\{|=\s*kernel|$).*$/, '').trim(), comment: commentAbove(lines, line), file, line, column }));
    const [whole, hidden, name] = FUNCTION.exec(content) ?? [];
    if (whole !== undefined && name !== undefined) return hidden !== undefined && !own ? [] : of('function', [[name, whole.length - name.length]]);
    const alias = ALIAS.exec(content);
    if (alias?.[1] !== undefined) return of('alias', namesIn(alias[1], content.indexOf(alias[1])));
    const global = GLOBAL.exec(content);
    if (global?.[2] !== undefined) return own ? of('global', namesIn(global[2].replace(/\/\/.*|#.*/, ''), content.indexOf(global[2]))) : [];
    const macro = MACRO.exec(content)?.[1];
    return macro === undefined ? [] : of('macro', [[macro, content.indexOf(macro)]]);
  });
}
