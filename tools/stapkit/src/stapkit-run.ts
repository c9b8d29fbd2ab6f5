/** The `stapkit-run` command: runs an object that `stapkit -p4` wrote, with the runtime alone. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { UsageError, parsePid, requireRoot, runMain, versionOf } from '@stapkit/cli-kit';
import { metadataOf, runObject } from './run-object.js';

interface Options {
  verbose: number;
  c?: string;
  x?: number;
  o?: string;
  T?: string;
  w?: boolean;
}

function readObject(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`cannot read the object '${file}': ${(error as NodeJS.ErrnoException).code ?? String(error)}`, 'make one with: stapkit -p4 -m NAME SCRIPT', 1);
  }
}

function parseSettings(words: readonly string[]): Map<string, string> {
  return new Map(words.map((word) => {
    const match = /^([a-zA-Z_]\w*)=(.*)$/s.exec(word);
    if (match?.[1] === undefined || match[2] === undefined) throw new UsageError(`'${word}': NAME=VALUE sets a global of the script`, undefined, 1);
    return [match[1], match[2]];
  }));
}

async function main(argv: readonly string[]): Promise<number> {
  const command = new Command('stapkit-run')
    .description('Runs a compiled script.')
    .usage('[options] OBJECT [VAR=VALUE …]')
    .version(versionOf(import.meta.url), '-V, --version')
    .argument('<object>', 'object file, or - for standard input')
    .argument('[settings...]', 'initial values of globals')
    .addOption(new Option('-v, --verbose', 'more words').default(0).argParser((_: unknown, before: number) => before + 1))
    .option('-c <cmd>', 'start CMD, make it the target(), end with it')
    .option('-x <pid>', 'make this process the target()', parsePid)
    .option('-o <file>', 'write the output to a file')
    .option('-T <seconds>', 'stop after this time')
    .option('-w', 'leave warnings out')
    .exitOverride()
    .parse([...argv]);
  const options = command.opts<Options>();
  const [file = '', ...settings] = command.args;
  const bytes = readObject(file);
  const metadata = metadataOf(bytes);
  if (metadata === undefined || metadata.programs.length > 0) requireRoot('stapkit-run');
  const seconds = options.T === undefined ? undefined : Number(options.T);
  if (seconds !== undefined && !(seconds > 0)) throw new UsageError('-T: a number of seconds above 0 is wanted', undefined, 1);
  return runObject(bytes, metadata, {
    command: options.c,
    targetPid: options.x,
    output: options.o,
    timeoutSeconds: seconds,
    globals: parseSettings(settings),
    verbosity: options.verbose,
    warnings: options.w !== true,
  });
}

await runMain('stapkit-run', main, 1);
