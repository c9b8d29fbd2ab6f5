/** Compares scripts in both executors, and says of each what came of it. */
import { TooLargeError } from '@stapkit/runtime';
import { OVERSIZE, Refused, compareScripts, loadScript } from './executors.js';
import type { Comparison, Setting } from './executors.js';
import type { Comparable } from './script-text.js';

const E2BIG = 7;
/** Too many sides of branches kept for later. */
const EFAULT = 14;

export type Verdict =
  | { readonly kind: 'same' }
  /** Printed more than a record holds, or looped more than inline loops may: nothing to compare. */
  | { readonly kind: 'oversize' | 'exhausted' }
  /** By the compiler, with its code. */
  | { readonly kind: 'refused'; readonly code: string; readonly why: string }
  /** More than the kernel's verifier follows. */
  | { readonly kind: 'too large'; readonly why: string }
  | { readonly kind: 'different'; readonly comparison: Comparison }
  /** An exception: a bug of the compiler, a refusal of the verifier. */
  | { readonly kind: 'broken'; readonly why: string };

/** A verdict for each script. */
export function judgeAll(scripts: readonly Comparable[], setting: Setting): readonly Verdict[] {
  if (scripts.length === 0) return [];
  try {
    const verdicts = compareScripts(scripts, setting).map((result, index) => ('errno' in result ? judgeRefusal(scripts[index], result.errno, setting) : judge(result, setting)));
    return scripts.length === 1 ? verdicts : withoutContagion(verdicts, scripts, setting);
  } catch (error) {
    const [only] = scripts;
    if (scripts.length === 1 && only !== undefined) return [error instanceof Refused ? { kind: 'refused', code: error.code, why: error.message } : { kind: 'broken', why: describe(error) }];
    return judgeApart(scripts, setting, error instanceof Refused && error.scripts.size < scripts.length ? error.scripts : new Set<number>());
  }
}

/** What tokenize() and speculation() keep is one for all: after a script that stopped early on one side, others may differ for that alone. */
function withoutContagion(verdicts: readonly Verdict[], scripts: readonly Comparable[], setting: Setting): readonly Verdict[] {
  const first = verdicts.findIndex(({ kind }) => kind !== 'same');
  return verdicts.map((verdict, index): Verdict => {
    const script = scripts[index];
    return verdict.kind === 'different' && index > first && script !== undefined ? judgeAll([script], setting)[0] ?? verdict : verdict;
  });
}

/** Something is wrong with the batch: those that are to blame alone, the others together; halves when nobody is. */
function judgeApart(scripts: readonly Comparable[], setting: Setting, guilty: ReadonlySet<number>): readonly Verdict[] {
  if (guilty.size === 0) {
    const half = scripts.length >> 1;
    return [...judgeAll(scripts.slice(0, half), setting), ...judgeAll(scripts.slice(half), setting)];
  }
  const others = judgeAll(scripts.filter((_, index) => !guilty.has(index)), setting)[Symbol.iterator]();
  return scripts.map((script, index): Verdict => (guilty.has(index) ? judgeAll([script], setting)[0] : others.next().value) ?? { kind: 'broken', why: 'no verdict' });
}

/** The kernel did not take the script's program: why, it says for the script alone. */
function judgeRefusal(script: Comparable | undefined, errno: number, setting: Setting): Verdict {
  try {
    if (script !== undefined) loadScript(script, setting);
  } catch (error) {
    return { kind: error instanceof TooLargeError ? 'too large' : 'broken', why: describe(error) };
  }
  // At the edge of what the verifier follows: where globals are decides.
  return errno === -E2BIG || errno === -EFAULT ? { kind: 'too large', why: 'among others' } : { kind: 'broken', why: `error ${-errno} among others, taken alone` };
}

const describe = (error: unknown): string => (error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error));

function judge(comparison: Comparison, { features }: Setting): Verdict {
  const { kernel, host } = comparison;
  if (kernel.output.includes(OVERSIZE)) return { kind: 'oversize' };
  if (JSON.stringify(kernel) === JSON.stringify(host)) return { kind: 'same' };
  // Loops without bpf_loop may only make some iterations; see docs/differences.md.
  if (features.loop === false && kernel.output.some((text) => text.startsWith('error MAXACTION exceeded'))) return { kind: 'exhausted' };
  return { kind: 'different', comparison };
}
