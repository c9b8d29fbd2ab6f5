/** Searching functions by name: a part of it in any case, or a regular expression between slashes. */
import type { CallTree } from '../profile/call-tree.js';
import type { TreeFunction } from '../profile/functions.js';

export interface Search {
  /** By function: 1 when it is found. Undefined when nothing is searched. */
  readonly found: Uint8Array | undefined;
  /** Functions found. */
  readonly functions: number;
  /** Why the expression is none. */
  readonly error?: string;
}

/** @param query `vfs_`, or `/^vfs_(read|write)$/`; a slash alone is a part of a name */
export function searchFunctions(functions: readonly TreeFunction[], query: string): Search {
  const expression = /^\/(.+)\/(i?)$/s.exec(query);
  if (query === '') return { found: undefined, functions: 0 };
  // An expression makes no text in lower case of each name.
  const part = new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'i');
  let matches = ({ name, module }: TreeFunction): boolean => part.test(name) || (module !== undefined && part.test(module));
  if (expression !== null) {
    try {
      const compiled = new RegExp(expression[1] ?? '', expression[2]);
      matches = ({ name }) => compiled.test(name);
    } catch (error) {
      return { found: new Uint8Array(functions.length), functions: 0, error: (error as Error).message.replace(/^Invalid regular expression: /, '') };
    }
  }
  let count = 0;
  const found = new Uint8Array(functions.length);
  // Function 0 is the root of every tree.
  for (let index = 1; index < functions.length; index += 1) {
    const fn = functions[index];
    if (fn === undefined || !matches(fn)) continue;
    found[index] = 1;
    count += 1;
  }
  return { found, functions: count };
}

/** Weight below a node that stands in or under what was found: frames within other found frames count once. */
export function foundTotal(tree: CallTree, found: Uint8Array, below = 0): number {
  let sum = 0;
  const end = tree.end[below] ?? 0;
  for (let node = below; node < end;) {
    if (found[tree.fn[node] ?? 0] === 1) {
      sum += tree.total[node] ?? 0;
      node = tree.end[node] ?? end;
    } else node += 1;
  }
  return sum;
}
