/** flamegraph: from a profile to a page, a picture or another profiler's file. */
import { EXIT, UsageError, runMain, versionOf } from '@stapkit/cli-kit';
import { describeWritten, writeProfile } from './cli/outputs.js';
import { parseOptions, type FlamegraphOptions } from './cli/options.js';
import { readComparison, readSource } from './cli/sources.js';
import type { Profile } from './profile/profile.js';
import { pruneProfile } from './profile/prune.js';

function profileFor({ from, diff, value }: FlamegraphOptions): Profile {
  if (diff !== undefined) return readComparison(diff, value);
  if (from !== undefined) return readSource(from);
  throw new UsageError('there is no profile to show', "name a file by --from, or two by --diff; see 'flamegraph --help'");
}

void runMain('flamegraph', (argv) => {
  const options = parseOptions(argv, versionOf(import.meta.url));
  const profile = profileFor(options);
  const written = writeProfile(profile, options, (whole, value) => pruneProfile(whole, value, options.minPercent));
  for (const line of describeWritten(written)) process.stderr.write(`flamegraph: ${line}\n`);
  return Promise.resolve(EXIT.ok);
});
