/** Which probe points of stapkit work in a file, by what is in it and in its debug information. */
import type { FileFacts } from '@stapkit/cli-kit';

export interface Support {
  /** As in `process("FILE").NAME`; `variables` are $parameters and $locals, `stacks` user stacks without frame pointers. */
  readonly works: readonly string[];
  /** Names of those that do not, with what they want. */
  readonly lacks: readonly (readonly [name: string, what: string])[];
}

const SYMBOLS = 'symbols or DWARF';
const DWARF = 'DWARF';

/** Points that are in every file, whatever is known of it. */
const ALWAYS = ['begin', 'end', 'syscall'] as const;

/** Statements by lines, inlined functions and the like, of the DWARF that was found. */
function byDwarf({ debug: { contents } }: FileFacts): readonly (readonly [name: string, works: boolean, lacks: string])[] {
  const in_ = (has: boolean | undefined, what: string): string => (contents === undefined ? DWARF : has === true ? '' : contents.split ? `${what}, which may be in .dwo files` : what);
  const rows: readonly (readonly [string, boolean | undefined, string])[] = [
    ['statement', contents?.lines, 'lines'], ['variables', contents?.variables, 'variables'], ['inline', contents?.inlined, 'inlined functions'], ['label', contents?.labels, 'labels'], ['callee', contents?.callSites, 'places of calls'],
  ];
  return rows.map(([name, has, what]) => [name, has === true, in_(has, what)]);
}

export function supportOf(facts: FileFacts): Support {
  const named = facts.symtab + facts.packed + facts.exported > 0 || facts.debug.contents?.functions === true;
  const points: readonly (readonly [name: string, works: boolean, lacks: string])[] = [
    ['function', named, SYMBOLS], ['return', named, SYMBOLS], ...byDwarf(facts),
    ['mark', facts.marks > 0, 'marks of <sys/sdt.h>'], ['plt', facts.pltCalls > 0, 'a procedure linkage table'], ['stacks', facts.callFrames, '.eh_frame'],
  ];
  return {
    works: [...points.filter(([, works]) => works).map(([name]) => name), ...ALWAYS],
    lacks: points.filter(([, works]) => !works).map(([name, , what]) => [name, what]),
  };
}

/** What debug information would add is all there: labels, inlined functions and marks that the program simply has none of are no lack. */
export const isComplete = ({ debug }: FileFacts): boolean => debug.where !== 'none' && !(debug.common !== undefined && 'missing' in debug.common);
