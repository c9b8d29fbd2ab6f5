/** The scripts of testing/corpus: compiled for a kernel, and what that kernel's verifier said of them beside what it said before. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadCompiler, localTarget } from '@stapkit/cli-kit';
import type { TargetOptions } from '@stapkit/cli-kit';
import { CHECKOUT } from './checkout.js';

export const CORPUS = join(CHECKOUT, 'testing/corpus');
/** Prints, for each object of a folder, the verifier's answer: {@link LoadResults} as JSON. */
export const LOAD_OBJECTS = join(CORPUS, 'load-objects.mjs');
const SNAPSHOT = join(CORPUS, 'instructions.json');
/** Compilers change: more than so much above the committed count must be looked at. */
const TOLERANCE = 1.05;

export interface Counts { readonly programs: number; readonly instructions: number; readonly verified: number }
export interface Refusal { readonly error: string }
/** By the best way of attaching, and without fentry, fexit and tp_btf. */
export interface Loaded { readonly best: Counts | Refusal; readonly fallback: Counts | Refusal }
export type LoadResults = Readonly<Record<string, Loaded>>;
/** Codes of the errors for which the compiler does not make the script for that kernel. */
interface NotCompiled { readonly refused: readonly string[] }
export type KernelResults = Readonly<Record<string, Loaded | NotCompiled>>;

/** Compiles all scripts into `folder`; gives those that the compiler refuses for this kernel. `program` is a built calls.c. */
export async function compileCorpus(folder: string, options: TargetOptions, program: string): Promise<Readonly<Record<string, NotCompiled>>> {
  const { compileScript } = await loadCompiler();
  mkdirSync(folder, { recursive: true });
  const target = localTarget(options);
  const refused: Record<string, NotCompiled> = {};
  for (const file of readdirSync(CORPUS).filter((name) => name.endsWith('.stp')).sort()) {
    const name = basename(file, '.stp');
    const text = readFileSync(join(CORPUS, file), 'latin1');
    const { object, diagnostics } = compileScript({ scripts: [{ file, text }], args: text.includes('@1') ? [program] : [], target, name: name.replaceAll('-', '_') });
    if (object === undefined) refused[name] = { refused: [...new Set(diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code))] };
    else writeFileSync(join(folder, `${name}.o`), object.bytes);
  }
  return refused;
}

function readSnapshot(): Record<string, KernelResults> {
  return existsSync(SNAPSHOT) ? (JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as Record<string, KernelResults>) : {};
}

/**
 * What is wrong with the results: a refusal of the verifier, a script that was compiled before and is refused now,
 * or one that costs more than the committed counts of this kernel. STAPKIT_UPDATE_COUNTS=1 commits to the results instead.
 */
export function complaints(kernel: string, results: KernelResults): readonly string[] {
  const refusals = Object.entries(results).flatMap(([name, result]) =>
    'best' in result ? [result.best, result.fallback].flatMap((one) => ('error' in one ? [`${name} on ${kernel}: ${one.error}`] : [])) : []);
  const snapshot = readSnapshot();
  if (process.env['STAPKIT_UPDATE_COUNTS'] === '1' && refusals.length === 0) {
    writeFileSync(SNAPSHOT, formatSnapshot({ ...snapshot, [kernel]: results }));
    return [];
  }
  const known = snapshot[kernel];
  if (known === undefined) return refusals;
  const differences = [...new Set([...Object.keys(known), ...Object.keys(results)])].flatMap((name) => compare(`${name} on ${kernel}`, known[name], results[name]));
  return [...refusals, ...differences];
}

function compare(what: string, known: Loaded | NotCompiled | undefined, now: Loaded | NotCompiled | undefined): readonly string[] {
  if (known === undefined) return [`${what}: its counts are not committed (STAPKIT_UPDATE_COUNTS=1)`];
  if (now === undefined) return [`${what}: the script is gone, its counts are not`];
  if ('refused' in now || 'refused' in known) return JSON.stringify(known) === JSON.stringify(now) ? [] : [`${what}: was ${JSON.stringify(known)}, is ${JSON.stringify(now)}`];
  return (['best', 'fallback'] as const).flatMap((way) => {
    const [before, after] = [known[way], now[way]];
    if ('error' in before || 'error' in after) return [];
    return (['instructions', 'verified'] as const).filter((count) => after[count] > before[count] * TOLERANCE + 8)
      .map((count) => `${what}, ${way}: ${after[count]} ${count}, committed are ${before[count]}`);
  });
}

/** One line a script, so that a change shows as one. */
function formatSnapshot(snapshot: Readonly<Record<string, KernelResults>>): string {
  const kernels = Object.keys(snapshot).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map((kernel) => {
    const lines = Object.entries(snapshot[kernel] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, result]) => `  ${JSON.stringify(name)}: ${JSON.stringify(result)}`);
    return `${JSON.stringify(kernel)}: {\n${lines.join(',\n')}\n}`;
  });
  return `{\n${kernels.join(',\n')}\n}\n`;
}
