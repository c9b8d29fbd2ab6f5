/** flamegraph: from samples, or from a profile, to a page, a picture or another profiler's file. */
import { basename } from 'node:path';
import { EXIT, completionScript, runMain, versionOf } from '@stapkit/cli-kit';
import { checkOutput, describeWritten, goesToStandardOutput, writeProfile } from './cli/outputs.js';
import { parseOptions, type CommandName, type FlamegraphOptions } from './cli/options.js';
import { readComparison, readSource } from './cli/sources.js';
import { manuals } from './manual.js';
import { pruneProfile } from './profile/prune.js';
import { recordProfile, scriptFor, type Recorded } from './sampling/record.js';

async function profileFor(options: FlamegraphOptions): Promise<Recorded> {
  const { from, diff, value } = options;
  if (diff !== undefined) return { profile: readComparison(diff, value), exitStatus: EXIT.ok, messages: [] };
  if (from !== undefined) return { profile: readSource(from), exitStatus: EXIT.ok, messages: [] };
  checkOutput(options);
  return recordProfile(NAME, { ...options, toStandardOutput: goesToStandardOutput(options) });
}

/** The package of off-cpu starts this as its command. */
const NAME: CommandName = /^off-cpu(?:\.js)?$/.test(basename(process.argv[1] ?? '')) ? 'off-cpu' : 'flamegraph';

void runMain(NAME, async (argv) => {
  const version = versionOf(import.meta.url);
  const options = parseOptions(argv, version, NAME);
  if (options.man === true || options.completion !== undefined) {
    for (const { command, page } of manuals(version, NAME)) process.stdout.write(options.completion === undefined ? page : completionScript(options.completion, command));
    return EXIT.ok;
  }
  if (options.printScript === true) {
    process.stdout.write(Buffer.from(scriptFor(options), 'latin1'));
    return EXIT.ok;
  }
  const { profile, exitStatus, messages } = await profileFor(options);
  const written = profile === undefined ? undefined : writeProfile(profile, options, (whole, value) => pruneProfile(whole, value, options.minPercent));
  for (const line of [...messages, ...(written === undefined ? [] : describeWritten(written))]) process.stderr.write(`${NAME}: ${line}\n`);
  return exitStatus;
});
