/** The search for a difference: many scripts an object for speed; a difference is then made small with the script alone. */
import fc from 'fast-check';
import { compareScripts, OVERSIZE, Refused } from './executors.js';
import type { Comparison, Setting } from './executors.js';
import { randomScript } from './random-script.js';
import type { RandomScript } from './random-script.js';
import { scriptText } from './script-text.js';

export interface FuzzReport {
  scripts: number;
  /** What kernel probes cannot do, or printed more than a record holds: nothing to compare. */
  refused: number;
  oversize: number;
  difference?: string;
  readonly reasons: Map<string, number>;
}

const BATCH = 24;

/** Kernels differ in what they have; small strings are cut more often. */
const SETTINGS: readonly Setting[] = [
  { limits: { MAXSTRINGLEN: 64 }, features: {} },
  { limits: { MAXSTRINGLEN: 128 }, features: {} },
  { limits: { MAXSTRINGLEN: 24 }, features: {} },
  { limits: { MAXSTRINGLEN: 64 }, features: { loop: false, forEachMapElem: false, atomicFetch: false, lookupPerCpu: false, taskRegisters: false, snprintf: false } },
  { limits: {}, features: {} },
];

/** Compares batches from `seed` on until the time or the number of scripts is reached, or a difference is found. */
export function fuzz(seed: number, until: { readonly seconds?: number; readonly scripts?: number }): FuzzReport {
  const report: FuzzReport = { scripts: 0, refused: 0, oversize: 0, reasons: new Map() };
  const end = until.seconds === undefined ? Infinity : Date.now() + until.seconds * 1000;
  for (let batch = 0; Date.now() < end && report.scripts < (until.scripts ?? Infinity) && report.difference === undefined; batch += 1) {
    const setting = SETTINGS[batch % SETTINGS.length] ?? {limits: {}, features: {}};
    const scripts = generate(seed + batch);
    const found = tryBatch(scripts, setting, report);
    report.scripts += scripts.length;
    if (found !== undefined) report.difference = minimize(seed + batch, setting) ?? `${found}\n(only in its batch: seed ${seed + batch}, ${JSON.stringify(setting)})`;
  }
  return report;
}

function generate(seed: number): readonly RandomScript[] {
  const scripts: RandomScript[] = [];
  fc.check(fc.property(randomScript, (script) => { scripts.push(script); }), { seed, numRuns: BATCH, endOnFailure: true });
  return scripts;
}

/** What differs, if something does. */
function tryBatch(scripts: readonly RandomScript[], setting: Setting, report: FuzzReport): string | undefined {
  try {
    const compared = compareScripts(scripts, setting).map((comparison) => ({ comparison, different: judge(comparison, report) }));
    const index = compared.findIndex(({ different }) => different);
    const script = scripts[index];
    return script === undefined ? undefined : `${scriptText([script])}\n${JSON.stringify(compared[index]?.comparison, null, 1)}`;
  } catch (error) {
    if (!(error instanceof Refused)) return String(error);
  }
  // One of them cannot be had in the kernel: each alone.
  return scripts.filter((script) => differs(script, setting, report)).map((script) => scriptText([script]))[0];
}

function judge({ kernel, host }: Comparison, report: FuzzReport): boolean {
  if (kernel.output.includes(OVERSIZE)) {
    report.oversize += 1;
    return false;
  }
  return JSON.stringify(kernel) !== JSON.stringify(host);
}

function differs(script: RandomScript, setting: Setting, report: FuzzReport): boolean {
  try {
    return compareScripts([script], setting).some((comparison) => judge(comparison, report));
  } catch (error) {
    if (!(error instanceof Refused)) return true;
    report.refused += 1;
    const reason = error.message.split('\n')[0]?.replace(/^.*?error/, '') ?? '';
    report.reasons.set(reason, (report.reasons.get(reason) ?? 0) + 1);
    return false;
  }
}

function minimize(seed: number, setting: Setting): string | undefined {
  const report: FuzzReport = { scripts: 0, refused: 0, oversize: 0, reasons: new Map() };
  const result = fc.check(fc.property(randomScript, (script) => !differs(script, setting, report)), { seed, numRuns: BATCH, interruptAfterTimeLimit: 30_000 });
  const script = result.counterexample?.[0];
  if (script === undefined) return undefined;
  return [`seed ${seed}, ${JSON.stringify(setting)}, handler runs ${script.runs} times:`, scriptText([script]), show(script, setting)].join('\n');
}

function show(script: RandomScript, setting: Setting): string {
  try {
    return JSON.stringify(compareScripts([script], setting)[0], null, 1);
  } catch (error) {
    return String(error);
  }
}
