/**
 * Finds the names that a library file declares without parsing it. It may find too much (a
 * declaration in a comment, or in the untaken half of a `%( … %)`), which costs a parse and
 * nothing else; it must not find too little.
 */

export interface ScannedNames {
  readonly functions: readonly string[];
  readonly globals: readonly string[];
  /** Full dotted names. */
  readonly aliases: readonly string[];
  readonly macros: readonly string[];
}

const DECLARATION = /\b(function|global|probe|private)\b|@define\s+([A-Za-z_]\w*)/g;
const FUNCTION_NAME = /\s+([A-Za-z_]\w*)/y;
const ALIAS_NAME = /\s*([A-Za-z_][\w]*(?:\s*\.\s*\w+)*)\s*\+?=(?!=)/y;
const GLOBAL_NAME = /[\s,]*([A-Za-z_]\w*)\s*%?(?:\s*\[[^\]]*\])?\s*%?(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|-?\w+))?/y;
/** Words that end a list of globals, which needs no semicolon. */
const KEYWORDS = new Set(['function', 'global', 'probe', 'private']);

export function scanNames(text: string): ScannedNames {
  const names = { functions: [] as string[], globals: [] as string[], aliases: [] as string[], macros: [] as string[] };
  DECLARATION.lastIndex = 0;
  for (let match = DECLARATION.exec(text); match !== null; match = DECLARATION.exec(text)) {
    const [, keyword, macro] = match;
    const after = DECLARATION.lastIndex;
    if (macro !== undefined) names.macros.push(macro);
    else if (keyword === 'function') names.functions.push(...list(text, after, FUNCTION_NAME, 1));
    else if (keyword === 'probe') names.aliases.push(...list(text, after, ALIAS_NAME, Number.POSITIVE_INFINITY).map((name) => name.replaceAll(/\s/g, '')));
    else names.globals.push(...list(text, after, GLOBAL_NAME, Number.POSITIVE_INFINITY));
  }
  return names;
}

function list(text: string, start: number, name: RegExp, most: number): string[] {
  const found: string[] = [];
  name.lastIndex = start;
  while (found.length < most) {
    const match = name.exec(text);
    if (match?.[1] === undefined || KEYWORDS.has(match[1])) break;
    found.push(match[1]);
  }
  return found;
}
