/** The search for a difference: many scripts an object for speed; a difference is then made small with the script alone. */
import fc from 'fast-check';
import { OVERSIZE, Refused, compareScripts, loadScript } from './executors.js';
import type { Comparison, Setting } from './executors.js';
import { randomScript } from './random-script.js';
import type { RandomScript } from './random-script.js';
import { scriptText } from './script-text.js';

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

export interface Failure {
  /** Repeats the batch. */
  readonly seed: number;
  /** Index in the batch. */
  readonly index: number;
  readonly setting: Setting;
  readonly script: RandomScript;
  readonly verdict: Verdict;
}

export interface FuzzReport {
  scripts: number;
  readonly counts: Map<string, number>;
  readonly failures: Failure[];
}

export const BATCH = 64;
const E2BIG = 7;
/** Too many sides of branches kept for later. */
const EFAULT = 14;

const WITHOUT_LOOPS = { loop: false, forEachMapElem: false, atomicFetch: false, lookupPerCpu: false, taskRegisters: false, snprintf: false };
/** Kernels differ in what they have; short strings are cut more often. Loops end by themselves, and small arrays are made faster. */
const LIMITS = { MAXACTION: 100_000, MAXMAPENTRIES: 64 };
const SETTINGS: readonly Setting[] = [
  { limits: { ...LIMITS, MAXSTRINGLEN: 64 }, features: {} },
  { limits: { ...LIMITS, MAXSTRINGLEN: 128 }, features: {} },
  { limits: { ...LIMITS, MAXSTRINGLEN: 24, MAXMAPENTRIES: 4 }, features: {} },
  { limits: { ...LIMITS, MAXSTRINGLEN: 64 }, features: WITHOUT_LOOPS },
  { limits: LIMITS, features: {} },
];
export const settingOf = (seed: number): Setting => SETTINGS[Math.abs(seed) % SETTINGS.length] ?? { limits: LIMITS, features: {} };

const scriptsFor = [randomScript(false), randomScript(true)] as const;
const arbitraryOf = ({ features }: Setting): fc.Arbitrary<RandomScript> => scriptsFor[features.loop === false ? 0 : 1];

export function generate(seed: number, count = BATCH): readonly RandomScript[] {
  const scripts: RandomScript[] = [];
  fc.check(fc.property(arbitraryOf(settingOf(seed)), (script) => { scripts.push(script); }), { seed, numRuns: count, endOnFailure: true });
  return scripts;
}

/** Compares batches from `seed` on until the time or the number of scripts is reached, or so many failures are found. */
export function fuzz(seed: number, until: { readonly seconds?: number; readonly scripts?: number; readonly failures?: number }, progress: (report: FuzzReport) => void = () => undefined): FuzzReport {
  const report: FuzzReport = { scripts: 0, counts: new Map(), failures: [] };
  const end = until.seconds === undefined ? Infinity : Date.now() + until.seconds * 1000;
  for (let batch = 0; Date.now() < end && report.scripts < (until.scripts ?? Infinity) && report.failures.length < (until.failures ?? 1); batch += 1) {
    const setting = settingOf(seed + batch);
    const scripts = generate(seed + batch);
    judgeAll(scripts, setting).forEach((verdict, index) => {
      const script = scripts[index];
      const name = verdict.kind === 'refused' ? `refused ${verdict.code}` : verdict.kind;
      report.counts.set(name, (report.counts.get(name) ?? 0) + 1);
      if (script !== undefined && (verdict.kind === 'different' || verdict.kind === 'broken')) report.failures.push({ seed: seed + batch, index, setting, script, verdict });
    });
    report.scripts += scripts.length;
    progress(report);
  }
  return report;
}

/** A verdict for each script. */
function judgeAll(scripts: readonly RandomScript[], setting: Setting): readonly Verdict[] {
  if (scripts.length === 0) return [];
  try {
    return compareScripts(scripts, setting).map((result, index) => ('errno' in result ? judgeRefusal(scripts[index], result.errno, setting) : judge(result, setting)));
  } catch (error) {
    const [only] = scripts;
    if (scripts.length === 1 && only !== undefined) return [error instanceof Refused ? { kind: 'refused', code: error.code, why: error.message } : { kind: 'broken', why: describe(error) }];
    return judgeApart(scripts, setting, error instanceof Refused && error.scripts.size < scripts.length ? error.scripts : new Set<number>());
  }
}

/** Something is wrong with the batch: those that are to blame alone, the others together; halves when nobody is. */
function judgeApart(scripts: readonly RandomScript[], setting: Setting, guilty: ReadonlySet<number>): readonly Verdict[] {
  if (guilty.size === 0) {
    const half = scripts.length >> 1;
    return [...judgeAll(scripts.slice(0, half), setting), ...judgeAll(scripts.slice(half), setting)];
  }
  const others = judgeAll(scripts.filter((_, index) => !guilty.has(index)), setting)[Symbol.iterator]();
  return scripts.map((script, index): Verdict => (guilty.has(index) ? judgeAll([script], setting)[0] : others.next().value) ?? { kind: 'broken', why: 'no verdict' });
}

/** The kernel did not take the script's program: why, it says for the script alone. */
function judgeRefusal(script: RandomScript | undefined, errno: number, setting: Setting): Verdict {
  try {
    if (script !== undefined) loadScript(script, setting);
  } catch (error) {
    const why = describe(error);
    return /BPF program is too large|jumps is too complex/.test(why) ? { kind: 'too large', why } : { kind: 'broken', why };
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

/** The failing script made small, with what it shows. */
export function minimize({ seed, index, setting, script }: Failure, milliseconds = 30_000): string {
  const fails = (one: RandomScript): boolean => judgeAll([one], setting).some(({ kind }) => kind === 'different' || kind === 'broken');
  const result = fc.check(fc.property(arbitraryOf(setting), (one) => !fails(one)), { seed, path: String(index), numRuns: index + 1, interruptAfterTimeLimit: milliseconds });
  const smallest = result.counterexample?.[0] ?? script;
  const [verdict] = judgeAll([smallest], setting);
  const alone = verdict?.kind === 'different' || verdict?.kind === 'broken';
  const shown = verdict?.kind === 'different' ? JSON.stringify(verdict.comparison, null, 1) : verdict?.kind === 'broken' ? verdict.why : 'fails only in its batch';
  return [`seed ${seed}, script ${index}, ${JSON.stringify(setting)}, handler runs ${smallest.runs} times:`, scriptText([alone ? smallest : script]), shown].join('\n');
}
