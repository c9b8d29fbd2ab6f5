/** Puts random scripts into one script text: each as a kernel probe, as a begin probe, and with an end probe that prints what its globals hold. */
import type { RandomScript } from './random-script.js';

/** The addition keeps a handler that does nothing else from being left out. */
const PROLOGUE = 'l0 = §n0; l1 = §n1; l2 = 3; s0 = §t0; s1 = "a"; §n1 += 0;';

/** The handler stands at the same column in both probes, so that messages name the same place. */
function textOf(script: RandomScript): string {
  const [n0 = 0n, n1 = 0n] = script.longs;
  const [t0 = '', t1 = ''] = script.texts;
  return [
    `global §n0 = ${initial(n0)}, §n1 = ${initial(n1)}, §t0 = "${t0}", §t1 = "${t1}", §a, §b, §c, §d, §x, §y`,
    `function §f:long(a:long, b:long) { ${script.functions.long} }`,
    `function §g:string(s:string, b:long) { ${script.functions.text} }`,
    'function §r:long(a:long, b:long) { if (a <= 0) return b; return §r(a - 1, b + a) ^ a }',
    `function §h:long(l0:long, s0:string) { l1 = 1; l2 = 2; s1 = ""; ${script.functions.impure}; return l0 }`,
    'probe kernel.trace("sys_enter") {', `${PROLOGUE} ${script.body}`, '}',
    'probe begin {', `${PROLOGUE} ${script.body}`, '}',
    'probe end {',
    'printf("n %d %d t [%s] [%s]\\n", §n0, §n1, §t0, §t1)',
    'foreach (k in §a) printf("a[%d]=%d\\n", k, §a[k])',
    'foreach (k2 in §b) printf("b[%s]=%s\\n", k2, §b[k2])',
    'foreach ([k, k2] in §c) printf("c[%d,%s]=%d\\n", k, k2, §c[k, k2])',
    'foreach ([k2, k] in §d) printf("d[%s,%d]=%s\\n", k2, k, §d[k2, k])',
    'printf("x %d\\n", @count(§x))',
    `if (@count(§x)) { ${script.statistics.map((op) => `printf("${op} %d\\n", ${op}(§x))`).join('; ')} }`,
    `foreach (k2 in §y) { printf("y[%s]", k2); ${script.statistics.map((op) => `printf(" %d", ${op}(§y[k2]))`).join('; ')}; println() }`,
    '}',
    // Gives every array and statistic its types, also when the handler leaves it alone.
    'probe never { §a[0] = 0; §b[""] = ""; §c[0, ""] = 0; §d["", 0] = ""; §x <<< 0; §y[""] <<< 0 }',
  ].join('\n');
}

function initial(value: bigint): string {
  return value < 0n ? `-${String(-value)}` : String(value);
}

export function scriptText(scripts: readonly RandomScript[]): string {
  return scripts.map((script, index) => textOf(script).replaceAll('§', `p${index}_`)).join('\n');
}
