/** flamegraph: from samples, or from a profile, to a page, a picture or another profiler's file. */
import { EXIT, runMain, versionOf } from '@stapkit/cli-kit';
import { checkOutput, describeWritten, writeProfile } from './cli/outputs.js';
import { parseOptions, type FlamegraphOptions } from './cli/options.js';
import { readComparison, readSource } from './cli/sources.js';
import { pruneProfile } from './profile/prune.js';
import { recordProfile, scriptFor, type Recorded } from './sampling/record.js';

async function profileFor(options: FlamegraphOptions): Promise<Recorded> {
  const { from, diff, value } = options;
  if (diff !== undefined) return { profile: readComparison(diff, value), exitStatus: EXIT.ok, messages: [] };
  if (from !== undefined) return { profile: readSource(from), exitStatus: EXIT.ok, messages: [] };
  checkOutput(options);
  return recordProfile(options);
}

void runMain('flamegraph', async (argv) => {
  const options = parseOptions(argv, versionOf(import.meta.url));
  if (options.printScript === true) {
    process.stdout.write(Buffer.from(scriptFor(options), 'latin1'));
    return EXIT.ok;
  }
  const { profile, exitStatus, messages } = await profileFor(options);
  const written = profile === undefined ? undefined : writeProfile(profile, options, (whole, value) => pruneProfile(whole, value, options.minPercent));
  for (const line of [...messages, ...(written === undefined ? [] : describeWritten(written))]) process.stderr.write(`flamegraph: ${line}\n`);
  return exitStatus;
});
