/** The search for a difference: many scripts an object for speed; a difference is then made small with the script alone. */
import fc from 'fast-check';
import type { Setting } from './executors.js';
import { judgeAll } from './judge.js';
import type { Verdict } from './judge.js';
import { randomScript } from './random-script.js';
import type { RandomScript } from './random-script.js';
import { joinScripts, randomComparable } from './script-text.js';

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

const BATCH = 64;

const WITHOUT_LOOPS = { loop: false, forEachMapElem: false, atomicFetch: false, lookupPerCpu: false, taskRegisters: false, snprintf: false };
/** Kernels differ in what they have; short strings are cut more often. Loops end by themselves, and small arrays are made faster. */
const LIMITS = { MAXACTION: 100_000, MAXMAPENTRIES: 64 };
export const SETTINGS: readonly Setting[] = [
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
    judgeAll(scripts.map(randomComparable), setting).forEach((verdict, index) => {
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

/** The failing script made small, with what it shows. */
export function minimize({ seed, index, setting, script }: Failure, milliseconds = 30_000): string {
  const fails = (one: RandomScript): boolean => judgeAll([randomComparable(one)], setting).some(({ kind }) => kind === 'different' || kind === 'broken');
  const result = fc.check(fc.property(arbitraryOf(setting), (one) => !fails(one)), { seed, path: String(index), numRuns: index + 1, interruptAfterTimeLimit: milliseconds });
  const smallest = result.counterexample?.[0] ?? script;
  const [verdict] = judgeAll([randomComparable(smallest)], setting);
  const alone = verdict?.kind === 'different' || verdict?.kind === 'broken';
  const shown = verdict?.kind === 'different' ? JSON.stringify(verdict.comparison, null, 1) : verdict?.kind === 'broken' ? verdict.why : 'fails only in its batch';
  return [`seed ${seed}, script ${index}, ${JSON.stringify(setting)}, handler runs ${smallest.runs} times:`, joinScripts([randomComparable(alone ? smallest : script)]), shown].join('\n');
}

/** One script of a search again. */
export function repeat(seed: number, index: number): string {
  const setting = settingOf(seed);
  const script = generate(seed, index + 1)[index];
  if (script === undefined) throw new RangeError(`seed ${seed} has no script ${index}`);
  const [verdict] = judgeAll([randomComparable(script)], setting);
  return verdict?.kind === 'different' || verdict?.kind === 'broken' ? minimize({ seed, index, setting, script, verdict }) : `${joinScripts([randomComparable(script)])}\n${JSON.stringify(verdict)}`;
}
