/** The `stapkit-run` command: runs an object that `stapkit -p4` wrote, with the runtime alone. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import type { ObjectMetadata } from '@stapkit/object';
import { UsageError, parseMegabytes, parsePid, quietCommand, reasonOf, requireProcess, requireRoot, runMain, versionOf, metadataOf } from '@stapkit/cli-kit';
import { parseGlobals, parseSeconds } from './options.js';
import { runObject } from './run-object.js';

interface Options {
  verbose: number;
  c?: string;
  x?: number;
  o?: string;
  s?: number;
  T?: number;
  w?: boolean;
}

function readObject(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`cannot read the object '${file}': ${reasonOf(error)}`, 'make one with: stapkit -p4 -m NAME SCRIPT', 1);
  }
}

const EXAMPLES = `
Examples:
  stapkit -p4 -m opens script.stp      on the machine that compiles
  stapkit-run opens.o                  on the machine that is traced
  stapkit-run -c 'ls /etc' opens.o limit=5

Exit status: 0 ended, 1 an error, 130 interrupted before it began.`;

/** A name that no scalar global has is a slip of the pen: a kernel refuses a module's parameter that it does not have, too. */
function requireGlobals(globals: ReadonlyMap<string, string>, metadata: ObjectMetadata): void {
  const settable = metadata.globals.filter(({ kind }) => kind === 'long' || kind === 'string').map(({ name }) => name);
  for (const name of globals.keys()) {
    if (!settable.includes(name)) throw new UsageError(`the object has no global '${name}' that can be set`, settable.length === 0 ? 'it has none' : `it has: ${settable.join(', ')}`, 1);
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const command = quietCommand('stapkit-run', 'Runs a script that stapkit -p4 compiled.', versionOf(import.meta.url))
    .usage('[options] OBJECT [GLOBAL=VALUE...]')
    .argument('<object>', 'object file, or - for standard input')
    .argument('[settings...]', 'initial values of globals')
    .addOption(new Option('-v, --verbose', 'tell of ways of attaching').default(0).argParser((_: unknown, before: number) => before + 1))
    .option('-c <cmd>', 'start CMD, make it the target(), end with it')
    .addOption(new Option('-x <pid>', 'make this process the target()').argParser(parsePid).conflicts('c'))
    .option('-o <file>', 'write the output to a file')
    .option('-s <MB>', 'size of the output buffer in the kernel', parseMegabytes)
    .option('-T <seconds>', 'stop after this time', parseSeconds)
    .option('-w', 'leave warnings out')
    .addHelpText('after', EXAMPLES)
    .parse([...argv]);
  const options = command.opts<Options>();
  const [file = '', ...settings] = command.args;
  const globals = parseGlobals(settings, '');
  const bytes = readObject(file);
  const metadata = metadataOf(bytes);
  if (metadata === undefined || metadata.programs.length > 0) requireRoot('stapkit-run');
  if (metadata !== undefined) requireGlobals(globals, metadata);
  if (options.x !== undefined) requireProcess(options.x, 1);
  return runObject(bytes, metadata, {
    command: options.c,
    targetPid: options.x,
    output: options.o,
    timeoutSeconds: options.T,
    ringMegabytes: options.s,
    globals,
    verbosity: options.verbose,
    warnings: options.w !== true,
  });
}

void runMain('stapkit-run', main, 1);
