/** A script through stap's passes, one after another, with stap's words and exit statuses. */
import { writeFileSync } from 'node:fs';
import { PASSES, UsageError, describeCached, loadCompiler, localTarget, obtainObject, reasonOf, requireProcess, requireRoot, type LocalTarget, type RunnableObject, type ScriptInput } from '@stapkit/cli-kit';
import type { CompileResult, Diagnostic, PassName } from '@stapkit/core-compiler';
import { launchSession } from './detached/launch.js';
import { keepIntermediateFiles } from './intermediate-files.js';
import { readLibraries } from './libraries.js';
import { dumpLanguage, listProbes } from './list.js';
import type { StapOptions } from './options.js';
import { requireFitForRemote, runRemote } from './remote/remote.js';
import { runObject, type RunOptions } from './run-object.js';
import { objectName, readScripts, scriptArguments } from './scripts.js';

/** For --suppress-time-limits: what a word of BPF code can hold. */
const NO_ACTION_LIMIT = 0x7fff_ffff;

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The pass that -W lets fail: that which the warning comes from. */
function passOfWarning({ code }: Diagnostic): PassName {
  return /^W0[12]/.test(code) ? 'parse' : /^W0[34]/.test(code) ? 'elaborate' : 'translate';
}

/** Prints diagnostics and, when verbose, the passes. Gives whether the script may go on. */
export async function report(result: CompileResult, options: StapOptions): Promise<boolean> {
  const errors = result.diagnostics.filter((one) => one.severity === 'error');
  const warnings = result.diagnostics.filter((one) => one.severity === 'warning');
  const fatal = errors.length === 0 && options.panicWarnings ? warnings : [];
  const shown = [...(options.suppressWarnings && fatal.length === 0 ? [] : warnings), ...errors];
  const { passReport, renderDiagnostics } = await loadCompiler();
  if (shown.length > 0) process.stderr.write(renderDiagnostics(shown, options.color));
  process.stderr.write(passReport(result, options.passVerbosity));
  if (errors.length === 0 && fatal.length === 0) return true;
  const [warning] = fatal;
  const failed = warning === undefined ? result.timings.at(-1)?.pass : passOfWarning(warning);
  if (warning !== undefined) say(`-W treats ${fatal.length === 1 ? 'this warning' : `these ${fatal.length} warnings`} as an error`);
  const pass = PASSES.find((one) => one.pass === failed);
  if (pass !== undefined) say(`Pass ${pass.number}: ${pass.failed}.`);
  return false;
}

/** Writes the object of -p4 and prints its path, as stap does. */
function keepObject(bytes: Uint8Array, name: string): void {
  const file = `${name}.o`;
  try {
    writeFileSync(file, bytes);
  } catch (error) {
    throw new UsageError(`cannot write the object '${file}': ${reasonOf(error)}`, undefined, 1);
  }
  process.stdout.write(`${file}\n`);
}

/** -p1, -p2, -p3 print what the pass made; -k keeps what every pass made. Neither takes anything from the cache. */
async function dumpPass(input: Omit<ScriptInput, 'target'>, options: StapOptions, target: LocalTarget): Promise<RunnableObject | number> {
  const until = (['parse', 'elaborate', 'translate'] as const)[options.lastPass - 1];
  const result = (await loadCompiler()).compileScript({ ...input, target, ...(until === undefined ? {} : { until }) });
  if (options.keepFiles) say(`Keeping temporary directory "${keepIntermediateFiles(result, input.name, options.temporaryFolder)}"`);
  if (!(await report(result, options))) return 1;
  if (until === undefined) return result.object ?? 1;
  process.stdout.write(Buffer.from(result.dump(until), 'latin1'));
  return 0;
}

/** The object to run, or the exit status of what was asked instead. */
async function makeObject(input: Omit<ScriptInput, 'target'>, options: StapOptions, target: LocalTarget): Promise<RunnableObject | number> {
  if (options.lastPass <= 3 || options.keepFiles) return dumpPass(input, options, target);
  const { object, result, cachedMs } = await obtainObject(input, target, options.cache);
  if (result !== undefined && !(await report(result, options))) return 1;
  if (object === undefined) throw new Error('the compiler gave neither an object nor a diagnostic');
  if (cachedMs !== undefined) process.stderr.write(describeCached(cachedMs, options.passVerbosity));
  return object;
}

export function inputOf(options: StapOptions, target: LocalTarget): Omit<ScriptInput, 'target'> {
  return {
    scripts: readScripts(options),
    library: readLibraries(options.libraries, target),
    args: scriptArguments(options),
    name: objectName(options),
    limits: { ...options.limits, ...(options.suppressTimeLimits ? { MAXACTION: NO_ACTION_LIMIT, MAXACTION_INTERRUPTIBLE: NO_ACTION_LIMIT } : {}) },
    skipBadVariables: options.skipBadVariables,
    unwind: options.unwind,
    globalOverrides: options.globals,
    guruMode: options.guru,
    autoPrintGlobals: options.autoPrintGlobals,
    ...(options.monitor !== undefined ? { timesProbes: 'monitor' as const } : options.timing ? { timesProbes: 'report' as const } : {}),
    ...(options.records === undefined ? {} : { records: options.records }),
    settableGlobals: options.lastPass === 4,
    ...(options.compatible === undefined ? {} : { compatible: options.compatible }),
    ...(options.command === undefined ? {} : { command: options.command }),
  };
}

/** The machine to compile for. @throws UsageError when the script is to be run, and cannot be run here */
export function targetOf({ arch, btf, release, targetPid, lastPass, list, dump }: StapOptions): LocalTarget {
  const target = localTarget({ ...(arch === undefined ? {} : { arch }), ...(btf === undefined ? {} : { btfFile: btf }), ...(release === undefined ? {} : release.startsWith('/') ? { kernelTree: release } : { release }), targetPid });
  if (lastPass === 5 && list === undefined && dump === undefined && !target.isOwnArchitecture) throw new UsageError(`this machine cannot run what is compiled for ${target.arch}`, 'add -p4, and run the object there with stapkit-run', 1);
  return target;
}

/** How the object is run: what another process can be told, too. */
function runOptions(options: StapOptions): Omit<RunOptions, 'target' | 'io'> {
  const { command, targetPid, output, fileLimits, timeoutSeconds, prometheusPort, ringMegabytes, suppressHandlerErrors, unwind } = options;
  return { command, targetPid, output, fileLimits, timeoutSeconds, prometheusPort, ringMegabytes, suppressHandlerErrors, unwind, monitor: options.monitor === undefined ? undefined : { intervalSeconds: options.monitor, json: options.records === 'json' }, globals: new Map(), verbosity: options.passVerbosity[4] ?? 0, warnings: !options.suppressWarnings };
}

/** --remote: passes 1 to 4 here, pass 5 there. */
function remote(options: StapOptions): Promise<number> {
  requireFitForRemote({ '-F': options.background, '-l': options.list?.variables === false, '-L': options.list?.variables === true, '--dump-*': options.dump !== undefined, '-p': options.lastPass < 5, '-r': options.release !== undefined, '--btf': options.btf !== undefined, '-a': options.arch !== undefined, '--monitor': options.monitor !== undefined });
  if (!options.suppressWarnings) for (const note of options.notes) say(`WARNING: ${note}`);
  const { globals: _none, ...run } = runOptions(options);
  return runRemote(options.remotes, (target) => makeObject(inputOf(options, target), options, target), { ...run, prefix: options.remotePrefix });
}

/** Passes 1 to 5, here or on other machines, as far as -p says. Gives the exit status. */
export async function runScript(options: StapOptions): Promise<number> {
  if (options.remotes.length > 0) return remote(options);
  const target = targetOf(options);
  if (!options.suppressWarnings) for (const note of options.notes) say(`WARNING: ${note}`);
  if (options.targetPid !== undefined && options.lastPass === 5) requireProcess(options.targetPid, 1);
  if (options.dump !== undefined) return dumpLanguage(options.dump, options, target);
  if (options.list !== undefined) return listProbes(options.list, options, target);
  const input = inputOf(options, target);
  const object = await makeObject(input, options, target);
  if (typeof object === 'number') return object;
  const { bytes, metadata } = object;
  if (options.lastPass === 4) {
    keepObject(bytes, input.name);
    return 0;
  }
  if (metadata.programs.length > 0) requireRoot('stapkit');
  const start = performance.now();
  const verbosity = options.passVerbosity[4] ?? 0;
  if (verbosity > 0) say('Pass 5: starting run.');
  const run = runOptions(options);
  const status = options.background
    ? await launchSession({ name: options.name ?? `${input.name}_${process.pid}`, bytes, options: run })
    : await runObject(bytes, metadata, { ...run, target });
  if (verbosity > 0 && !options.background) say(`Pass 5: run completed in ${(performance.now() - start).toFixed(0)}ms.`);
  if (status !== 0) say('Pass 5: run failed.');
  return status;
}
