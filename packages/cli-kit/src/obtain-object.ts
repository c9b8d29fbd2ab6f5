/**
 * A script's object: from the cache, or compiled now. The compiler is loaded (some 700 KB of JavaScript) only when it is
 * needed: a second start of the same script does without.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CompileResult, CompiledObject, Diagnostic } from '@stapkit/core-compiler';
import type { ScriptInput } from './compile-script.js';
import type { LocalTarget } from './local-target.js';
import { textOfBytes } from './byte-text.js';
import { cacheFolder } from './cache-folder.js';
import { ObjectCache, fileIdentity } from './object-cache.js';
import { metadataOf } from './object-metadata.js';
import { isVerbose, type PassVerbosity } from './passes.js';
import { RecordingTarget } from './recording-target.js';
import { ToolScriptError, toolLibrary, type ToolScript } from './tool-script.js';

/** The compiler with its tapset. */
export type Compiler = typeof import('./compile-script.js');
export const loadCompiler = (): Promise<Compiler> => import('./compile-script.js');

/** An object that can be run, wherever it came from. */
export type RunnableObject = Pick<CompiledObject, 'bytes' | 'metadata'>;

export interface Obtained {
  /** Absent: `result` says why. */
  readonly object?: RunnableObject;
  /** Absent when the object came from the cache. */
  readonly result?: CompileResult;
  /** Milliseconds that the look-up took, when it was found. */
  readonly cachedMs?: number;
}

/** Identity of the running kernel: its release and build-id note. */
function kernelIdentity(release: string): string {
  try {
    return `${release} ${readFileSync('/sys/kernel/notes').toString('base64')}`;
  } catch {
    return release;
  }
}

/** The cache is used from bundles alone: a checkout's separate modules change without telling. */
const bundle = fileURLToPath(import.meta.url);
const isBundled = /[\\/]bundle[\\/]/.test(bundle);

/** Whether objects are taken from the cache and put there. */
export type CacheUse = 'use' | 'write' | 'none';

/** From the cache, if the same was compiled before for this kernel, by this build of stapkit, without a warning; else compiles. */
export async function obtainObject(input: Omit<ScriptInput, 'target'>, target: LocalTarget, cacheUse: CacheUse = 'use'): Promise<Obtained> {
  const start = performance.now();
  if (cacheUse === 'none' || !isBundled || !target.isRunningKernel || process.env['STAPKIT_NO_CACHE'] !== undefined) {
    const result = (await loadCompiler()).compileScript({ ...input, target });
    return { result, ...(result.object === undefined ? {} : { object: result.object }) };
  }
  const { globalOverrides, ...plain } = input;
  const key = ObjectCache.key({ ...plain, globals: [...(globalOverrides ?? [])], arch: target.arch, kernel: kernelIdentity(target.kernelRelease), tracefs: existsSync('/sys/kernel/tracing/available_events'), debugPath: process.env['SYSTEMTAP_DEBUGINFO_PATH'] ?? '', stapkit: fileIdentity(bundle) });
  const cache = new ObjectCache(cacheFolder('objects'), target);
  const bytes = cacheUse === 'use' ? cache.read(key) : undefined;
  const metadata = bytes === undefined ? undefined : metadataOf(bytes);
  if (bytes !== undefined && metadata !== undefined) return { object: { bytes, metadata }, cachedMs: performance.now() - start };
  const recording = new RecordingTarget(target);
  const result = (await loadCompiler()).compileScript({ ...input, target: recording });
  const { object } = result;
  if (object === undefined) return { result };
  if (!recording.unrepeatable && result.diagnostics.length === 0) cache.write(key, object.bytes, recording.dependencies);
  return { result, object };
}

/** A tool's object, with what its user should know of it. */
export interface ToolObject extends RunnableObject {
  readonly warnings: readonly string[];
}

/** In what the user wrote, or in what came of it. */
function isInArgument({ span }: Diagnostic): boolean {
  for (let at = span; at !== undefined; at = at.usedAt) if (at.source.file.startsWith('<argument')) return true;
  return false;
}

/** A tool's script, whose mistakes are ours and whose missing probe points are the machine's. */
export async function obtainToolObject(script: ToolScript): Promise<ToolObject> {
  const { name, file, text, args = [], command, globals, limits, unwind = 'fp', target, verbose } = script;
  const { object, result, cachedMs } = await obtainObject({ scripts: [{ file, text }], args, name, library: toolLibrary().map((one) => ({ ...one, isUsers: true })), ...(command === undefined ? {} : { command }), ...(globals === undefined ? { settableGlobals: true } : { globalOverrides: globals }), ...(limits === undefined ? {} : { limits }), unwind }, target);
  const compiler = result === undefined ? undefined : await loadCompiler();
  const verbosity = [1, 2, 3, 4, 5].map(() => verbose);
  process.stderr.write(result === undefined || compiler === undefined ? describeCached(cachedMs ?? 0, verbosity) : compiler.passReport(result, verbosity));
  const warnings = (result?.diagnostics ?? []).filter((one) => one.severity === 'warning').map((one) => textOfBytes(one.message));
  if (object !== undefined) return { ...object, warnings };
  const errors = result?.diagnostics.filter((one) => one.severity === 'error') ?? [];
  // E04xx: probe points and target variables.
  const unavailable = errors.length > 0 && errors.every((one) => one.code.startsWith('E04'));
  const mistaken = args.length === 0 ? [] : errors.filter((one) => unavailable || isInArgument(one));
  if (mistaken[0] !== undefined) throw new ToolScriptError(textOfBytes(`${mistaken[0].message}${mistaken.length > 1 ? ` (and ${mistaken.length - 1} more)` : ''}`), mistaken[0].hints?.map(textOfBytes).join('; '));
  if (unavailable) throw new ToolScriptError(errors.map((one) => one.message).join('; '), `stapkit -p2 ${file} shows more`);
  throw new Error(`the tool's script ${file} does not compile:\n${compiler?.renderDiagnostics(errors, false) ?? ''}`);
}

/** For -v: passes 1 to 4 of an object from the cache. */
export function describeCached(milliseconds: number, verbosity: PassVerbosity): string {
  return [1, 2, 3, 4].filter((pass) => isVerbose(verbosity, pass)).map((pass) => `Pass ${pass}: using the cached object, found in ${Math.round(milliseconds)}ms.\n`).join('');
}
