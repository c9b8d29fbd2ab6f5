/** Profiles from files. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { UsageError, reasonOf } from '@stapkit/cli-kit';
import { readProfile } from '../formats/registry.js';
import { compareProfiles, type Compared } from '../profile/compare.js';
import { ProfileError } from '../profile/profile-error.js';
import type { Profile } from '../profile/profile.js';

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new UsageError(`cannot read ${file === '-' ? 'standard input' : `'${file}'`}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : reasonOf(error)}`);
  }
}

/** What is wrong with a profile, as one line with the file's name. */
function told<T>(file: string | undefined, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ProfileError) throw new UsageError(file === undefined ? error.message : `${file === '-' ? 'standard input' : file}: ${error.message}`, error.advice);
    throw error;
  }
}

/** @param file `-` is standard input. Throws UsageError when it cannot be read or made sense of. */
export function readSource(file: string): Profile {
  return told(file, () => readProfile(bytesOf(file)));
}

/** Index of the value with a name; without one, what the profile shows first. */
export function valueIndex({ valueTypes, meta }: Profile, name: string | undefined): number {
  if (name === undefined) return meta.comparison === undefined ? (meta.defaultValue ?? 0) : 1;
  const index = valueTypes.findIndex(({ type }) => type === name);
  if (index < 0) throw new UsageError(`--value: the profile has no '${name}'`, `it has ${valueTypes.map(({ type }) => type).join(', ')}`);
  return index;
}

/** Reads two profiles as one that compares them. */
export function readComparison([before, after]: readonly [string, string], value: string | undefined): Profile {
  const names = basename(before) === basename(after) ? [before, after] : [basename(before), basename(after)];
  const [old, recent] = [before, after].map((file, index): Compared => {
    const profile = readSource(file);
    if (profile.meta.comparison !== undefined) throw new UsageError(`${file} compares two profiles already`, 'write it anew by --from');
    return { profile, value: valueIndex(profile, value), name: names[index] ?? file };
  });
  if (old === undefined || recent === undefined) throw new RangeError('two files');
  return told(undefined, () => compareProfiles(old, recent));
}
