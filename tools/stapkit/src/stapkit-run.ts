/** The `stapkit-run` command: runs an object that `stapkit -p4` wrote, with the runtime alone. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ObjectMetadata } from '@stapkit/object';
import { UsageError, reasonOf, requireProcess, requireRoot, runMain, versionOf, metadataOf } from '@stapkit/cli-kit';
import type { Command } from 'commander';
import { callingUser, readApproved, requireAllowed, requireOwnKernel } from './approved-objects.js';
import { manualText } from './manual.js';
import { STAPRUN_MODULE_OPTIONS, moduleOptionNotes } from './module-options.js';
import { parseGlobals } from './options.js';
import { attachSession, removeSessions, writeToStdout } from './detached/attach.js';
import { launchSession } from './detached/launch.js';
import { SERVE_WORD, serveSession } from './detached/serve.js';
import { OutputFiles } from './output-files.js';
import { globalsOf, requestOf } from './remote/serve-client.js';
import { runObject, type RunOptions as SessionOptions } from './run-object.js';
import { STAPKIT_RUN_PAGE, createRunCommand, type RunOptions } from './run-options.js';

function readObject(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`cannot read the object '${file}': ${reasonOf(error)}`, 'make one with: stapkit -p4 -m NAME SCRIPT', 1);
  }
}

/** A name that no scalar global has is a slip of the pen: a kernel refuses a module's parameter that it does not have, too. */
function requireGlobals(globals: ReadonlyMap<string, string>, metadata: ObjectMetadata): void {
  const settable = metadata.globals.filter(({ kind, name }) => (kind === 'long' || kind === 'string') && !name.startsWith('__')).map(({ name }) => name);
  for (const name of globals.keys()) {
    if (!settable.includes(name)) throw new UsageError(`the object has no global '${name}' that can be set`, settable.length === 0 ? 'it has none' : `it has: ${settable.join(', ')}`, 1);
  }
}

/** --stapusr: before any other flag does something. */
function requireAllowedFlags(command: Command): void {
  requireAllowed(Object.keys(command.opts()).filter((name) => command.getOptionValueSource(name) === 'cli'));
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv[2] === SERVE_WORD && process.send !== undefined) return serveSession('stapkit-run');
  const version = versionOf(import.meta.url);
  const command = createRunCommand(version).parse([...argv]);
  const options = command.opts<RunOptions>();
  if (options.man === true || options.completion !== undefined) {
    process.stdout.write(manualText(STAPKIT_RUN_PAGE, createRunCommand(version), options.man === true ? 'page' : options.completion, version));
    return 0;
  }
  if (options.stapusr === true) requireAllowedFlags(command);
  if (options.client !== undefined) return serveClient(options.client);
  const [file, ...settings] = command.args;
  if (file === undefined) throw new UsageError("the object is missing", 'stapkit-run --help shows all options', 1);
  if (options.S !== undefined && options.o === undefined) throw new UsageError('-S is for output to a file', 'give -o FILE as well', 1);
  for (const note of moduleOptionNotes(command, STAPRUN_MODULE_OPTIONS)) if (options.w !== true) process.stderr.write(`WARNING: ${note}\n`);
  if (options.A === true || options.d === true) return reachSession(file, options);
  if (options.D === true && options.o === undefined) throw new UsageError('-D is for output to a file', 'give -o FILE as well, or -L', 1);
  if (options.M !== undefined && (options.L === true || options.D === true)) throw new UsageError('-M is for a session in the foreground', undefined, 1);
  const globals = parseGlobals(settings, '');
  const approved = options.stapusr === true ? readApproved(file) : undefined;
  const bytes = approved?.bytes ?? readObject(file);
  const metadata = metadataOf(bytes);
  if (metadata === undefined || metadata.programs.length > 0) requireRoot('stapkit-run');
  if (approved !== undefined && metadata !== undefined) requireOwnKernel(approved.path, metadata);
  if (metadata !== undefined) requireGlobals(globals, metadata);
  if (options.x !== undefined) requireProcess(options.x, 1);
  const run: Omit<SessionOptions, 'target' | 'io'> = {
    command: options.c,
    targetPid: options.x,
    commandUser: approved === undefined ? undefined : callingUser(process.env),
    output: options.o,
    fileLimits: options.S,
    timeoutSeconds: options.T,
    prometheusPort: options.prometheus,
    ringMegabytes: options.s ?? options.b,
    globals,
    verbosity: options.verbose,
    warnings: options.w !== true,
    monitor: options.M === undefined ? undefined : { intervalSeconds: options.M, json: false },
  };
  if (options.L !== true && options.D !== true) return runObject(bytes, metadata, run);
  const name = basename(file).replace(/\.[^.]*$/, '').replaceAll(/[^\w.-]/g, '_');
  return launchSession({ name: options.R === true || name === '' || name === '-' ? `${name === '-' ? 'stap' : name}_${process.pid}` : name, bytes, options: run });
}

/** For stapkit --remote of another machine. */
async function serveClient(fd: number): Promise<number> {
  const { bytes, options, close } = await requestOf(fd);
  try {
    const metadata = metadataOf(bytes);
    if (metadata === undefined || metadata.programs.length > 0) requireRoot('stapkit-run');
    if (options.targetPid !== undefined) requireProcess(options.targetPid, 1);
    const { host: _host, ...run } = options;
    return await runObject(bytes, metadata, { ...run, output: undefined, fileLimits: undefined, globals: globalsOf(options) });
  } finally {
    close();
  }
}

/** -A and -d. */
async function reachSession(name: string, options: RunOptions): Promise<number> {
  const wrong = ([['c', options.c], ['x', options.x], ['T', options.T], ['s', options.s], ['L', options.L], ['D', options.D]] as const).find(([, value]) => value !== undefined)?.[0] ?? (options.A === true && options.d === true ? 'A' : undefined);
  if (wrong !== undefined) throw new UsageError(`-${wrong} and -${options.d === true ? 'd' : 'A'} exclude each other: the session runs already`, undefined, 1);
  if (options.d === true) return removeSessions(name);
  if (options.o === undefined) return attachSession(name, writeToStdout);
  const files = new OutputFiles(options.o, options.S);
  try {
    return await attachSession(name, async (bytes) => {
      for (let at = 0; at < bytes.length;) at += await files.write(bytes.subarray(at));
    });
  } finally {
    files.close();
  }
}

void runMain('stapkit-run', main, 1);
