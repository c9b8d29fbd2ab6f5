/** Scripts that print what the traced programs (testing/programs) print themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from './checkout.js';

/** Line of the statement marked `STATEMENT name`. */
export function lineOf(name: string, source = 'variables.c'): number {
  const index = readFileSync(join(CHECKOUT, 'testing/programs', source), 'utf8').split('\n').findIndex((line) => line.includes(`STATEMENT ${name}`));
  if (index < 0) throw new Error(`no statement ${name}`);
  return index + 1;
}

const SCALARS = 'printf("scalars c=%d s=%d i=%d l=%d uc=%d us=%d u=%d ul=%u flag=%d\\n", $c, $s, $i, $l, $uc, $us, $u, $ul, $flag)';
const POINTERS = `printf("pointers id=%d next=%d last=%d name=%s text=%s color=%d tag=%d byte=%d low=%u middle=%d high=%u whole=%d half=%d cell=%d hidden=%d pp=%d\\n",
  $r->id, $r->next->id, $r->next->next->id, user_string($r->name), user_string($text), $color, $r->inner->tag, $r->inner->bytes[3], $r->flags->low, $r->flags->middle,
  $r->flags->high, $r->number->whole, $r->number->high, $r->table[2][1], $r->hidden, $pp[0][0])`;
const BY_VALUE = 'printf("by_value a=%d b=%d first=%d second=%d third=%d\\n", $small->a, $small->b, $pair->first, $pair->second, $large->values[2])';

/** Of variables.c. */
export const variablesScript = (path: string): string => `
probe process("${path}").function("scalars") { ${SCALARS} }
probe process("${path}").function("scalars").return { printf("scalars-return %d\\n", $return) }
probe process("${path}").function("pointers@variables.c") { ${POINTERS} }
probe process("${path}").function("pointers").return { printf("pointers-return %d\\n", $return) }
probe process("${path}").function("by_value") { ${BY_VALUE} }
probe process("${path}").function("by_value").return { printf("by_value-return %d %d\\n", $return->first, $return->second) }
probe process("${path}").statement("locals@variables.c:${lineOf('locals')}") { printf("locals round=%d step=%d total=%d start=%d\\n", $round, $step, $total, $start) }
probe process("${path}").function("squared") { printf("squared base=%d times=%d\\n", $base, $times) }
probe process("${path}").function("recursive").return { printf("recursive-return depth=%d %d\\n", @entry($depth), $return) }
probe process("${path}").statement("globals@variables.c:${lineOf('globals')}") { printf("globals counter=%d static=%d\\n", $counter, @var("file_static@variables.c")) }
`;

const numbers = (count: number): string => ` %d`.repeat(count);
const values = (count: number): string => Array.from({ length: count }, (_, index) => `, $arg${index + 1}`).join('');
/** Of marks.c, whose mark `indexed` is of x86-64 alone. `of`: `process("PATH")`, with or without a library. */
export const marksScript = (of: string, arch: 'x86_64' | 'aarch64' = 'x86_64'): string => [
  `probe ${of}.provider("kit").mark("none") { println($$name) }`,
  ...[['narrow', 4], ['wide', 4], ['constants', 4], ['memory', 6], ...(arch === 'x86_64' ? [['indexed', 6]] : []), ['twice', 1], ['inlined', 1], ['many', 12]].map(([name, count]) =>
    `probe ${of}.mark("${name ?? ''}") { printf("%s${numbers(count as number)}\\n", $$name${values(count as number)}) }`),
  `probe ${of}.mark("text") { printf("%s %s %d %d\\n", $$name, user_string($arg1), user_int32($arg2), user_int16($arg2 + 4)) }`,
].join('\n');
