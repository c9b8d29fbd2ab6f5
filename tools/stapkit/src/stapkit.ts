/** The `stapkit` command: stap's passes, one after another, with stap's words and exit statuses. */
import { writeFileSync } from 'node:fs';
import { UsageError, compileScript, localTarget, renderDiagnostics, requireRoot, runMain, versionOf } from '@stapkit/cli-kit';
import type { CompileResult, PassName } from '@stapkit/core-compiler';
import { keepIntermediateFiles } from './intermediate-files.js';
import { listProbes } from './list.js';
import { parseStapOptions, type StapOptions } from './options.js';
import { runObject } from './run-object.js';
import { objectName, readScripts, scriptArguments } from './scripts.js';

const PASSES: readonly { readonly pass: PassName; readonly number: number; readonly done: string; readonly failed: string }[] = [
  { pass: 'parse', number: 1, done: 'parsed user script', failed: 'parse failed' },
  { pass: 'elaborate', number: 2, done: 'analyzed script', failed: 'analysis failed' },
  { pass: 'translate', number: 3, done: 'translated to BPF', failed: 'translation failed' },
  { pass: 'write', number: 4, done: 'wrote the object', failed: 'compilation failed' },
];

/** For --suppress-time-limits: what a word of BPF code can hold. */
const NO_ACTION_LIMIT = 0x7fff_ffff;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints diagnostics and, when verbose, the passes. Gives the number of the pass that failed. */
function report(result: CompileResult, options: StapOptions): number | undefined {
  const errors = result.diagnostics.filter((one) => one.severity === 'error' || options.panicWarnings);
  const warnings = result.diagnostics.filter((one) => one.severity === 'warning' && !options.panicWarnings);
  const shown = options.suppressWarnings ? errors : [...warnings, ...errors];
  if (shown.length > 0) process.stderr.write(renderDiagnostics(shown, options.color));
  for (const { pass, milliseconds } of result.timings) {
    const known = PASSES.find((one) => one.pass === pass);
    if (known !== undefined && (options.passVerbosity[known.number - 1] ?? 0) > 0) say(`Pass ${known.number}: ${known.done} in ${milliseconds.toFixed(0)}ms.`);
  }
  if (errors.length === 0) return undefined;
  const last = PASSES.find((one) => one.pass === result.timings.at(-1)?.pass) ?? PASSES[0];
  if (last !== undefined) say(`Pass ${last.number}: ${last.failed}.`);
  return last?.number;
}

/** Writes the object of -p4 and prints its path, as stap does. */
function keepObject(bytes: Uint8Array, name: string): void {
  const file = `${name}.o`;
  try {
    writeFileSync(file, bytes);
  } catch (error) {
    throw new UsageError(`cannot write the object '${file}': ${(error as NodeJS.ErrnoException).code ?? String(error)}`, undefined, 1);
  }
  process.stdout.write(`${file}\n`);
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseStapOptions(argv, versionOf(import.meta.url));
  const target = localTarget({ ...(options.btf === undefined ? {} : { btfFile: options.btf }), ...(options.release === undefined ? {} : { release: options.release }) });
  if (options.list !== undefined) return listProbes(options.list, options, target);
  const name = objectName(options);
  const until = PASSES[options.lastPass - 1]?.pass;
  const result = compileScript({
    scripts: readScripts(options),
    args: scriptArguments(options),
    target,
    name,
    limits: { ...options.limits.limits, ...(options.suppressTimeLimits ? { MAXACTION: NO_ACTION_LIMIT } : {}) },
    skipBadVariables: options.skipBadVariables,
    globalOverrides: options.globals,
    guruMode: options.guru,
    autoPrintGlobals: options.autoPrintGlobals,
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(until === undefined ? {} : { until }),
  });
  if (!options.suppressWarnings) for (const note of options.limits.notes) say(`WARNING: ${note}`);
  if (options.timing) say('-t: the hits and times of probes are not reported here; `sysctl kernel.bpf_stats_enabled=1` lets `bpftool prog show` give them (run_cnt, run_time_ns) while the script runs');
  if (options.keepFiles) say(`Keeping temporary directory "${keepIntermediateFiles(result, name)}"`);
  if (report(result, options) !== undefined) return 1;
  if (options.lastPass <= 3) {
    process.stdout.write(Buffer.from(result.dump((['parse', 'elaborate', 'translate'] as const)[options.lastPass - 1] ?? 'parse'), 'latin1'));
    return 0;
  }
  if (result.object === undefined) throw new Error('the compiler gave neither an object nor a diagnostic');
  if (options.lastPass === 4) {
    keepObject(result.object.bytes, name);
    return 0;
  }
  const { bytes, metadata } = result.object;
  if (metadata.programs.length > 0) requireRoot('stapkit');
  const start = performance.now();
  const verbosity = options.passVerbosity[4] ?? 0;
  if (verbosity > 0) say('Pass 5: starting run.');
  const status = await runObject(bytes, metadata, { ...options, verbosity, globals: new Map(), warnings: !options.suppressWarnings });
  if (verbosity > 0) say(`Pass 5: run completed in ${(performance.now() - start).toFixed(0)}ms.`);
  if (status !== 0) say('Pass 5: run failed.');
  return status;
}

await runMain('stapkit', main, 1);
