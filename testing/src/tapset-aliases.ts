/** The probe aliases of the tapset's files, as their texts say them: names, and the variables that a handler may use. */
import { loadTapset } from '@stapkit/tapset';

export interface TapsetAlias {
  /** File of the tapset without its ending. */
  readonly subject: string;
  readonly name: string;
  readonly variables: readonly string[];
}

/** Generated from tables, and tested with those. */
const GENERATED = /^syscalls_/;

/** Aliases in the order of their files. Those of system calls are left out. */
export function tapsetAliases(): readonly TapsetAlias[] {
  return loadTapset().files.filter(({ path }) => path.endsWith('.stp') && !GENERATED.test(path)).flatMap(({ path, text }) =>
    [...text.matchAll(/^probe ([\w.*]+) = [^{]*?(?:\{\}|\{\n((?:(?!^\}).*\n)*)\})/gm)].map(([, name = '', body = '']) => ({
      subject: path.slice(0, -'.stp'.length),
      name,
      variables: [...new Set([...body.matchAll(/^ {2}(?:else )?(?:if \(.*\) )?(\w+) = /gm)].map(([, variable = '']) => variable))].filter((variable) => !variable.startsWith('_')),
    })));
}

/** A probe that prints all variables of an alias behind its name. */
export const printingProbe = ({ name, variables }: TapsetAlias): string =>
  `probe ${name} { print("${name}") ${variables.map((variable) => `print(" ${variable}=") print(${variable})`).join('; ')}; println() }\n`;

/** A script that prints "ALIAS:…" once for each alias, at its first event for which the condition holds. */
export function firstHits(wanted: readonly (readonly [alias: string, condition: string, printed: string, ...unknown[]])[]): string {
  return wanted.map(([alias, condition, printed], index) =>
    `global seen_${index}\nprobe ${alias} { if (!seen_${index} && (${condition})) { seen_${index} = 1; println("${alias}:", ${printed}) } }\n`).join('');
}

/** What a kernel has no place for: the function is inlined there, or what it did is gone. */
export const ABSENT: readonly { readonly name: string; readonly kernels: readonly string[] }[] = [
  { name: 'ioblock_trace.bounce', kernels: ['7.2'] },
  { name: 'signal.send_sig_queue.return', kernels: ['7.2'] },
  { name: 'vm.write_shared_copy', kernels: ['6.12', '7.2'] },
];
