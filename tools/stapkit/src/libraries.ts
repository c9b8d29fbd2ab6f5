/** -I: folders of library scripts. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError, reasonOf } from '@stapkit/cli-kit';
import type { TapsetFile, Target } from '@stapkit/core-compiler';

/**
 * The files of -I folders. Below each, those for this kernel come first: RELEASE, VERSION, MAJOR.MINOR, each with a folder for
 * the architecture in it (man stap, PROCESSING).
 * @throws UsageError for a folder that cannot be read
 */
export function readLibraries(folders: readonly string[], target: Pick<Target, 'arch' | 'kernelRelease'>): readonly TapsetFile[] {
  return folders.flatMap((folder) => {
    namesIn(folder, true);
    return placesFor(target).flatMap((place) => readFiles(join(folder, place)));
  });
}

function placesFor({ arch, kernelRelease }: Pick<Target, 'arch' | 'kernelRelease'>): readonly string[] {
  const version = /^[0-9.]*[0-9]/.exec(kernelRelease)?.[0] ?? '';
  const minor = /^[0-9]+[.][0-9]+/.exec(version)?.[0] ?? '';
  const versions = [...new Set([kernelRelease, version, minor])].filter((one) => one !== '');
  const name = arch === 'aarch64' ? 'arm64' : arch;
  return [...versions, ''].flatMap((one) => [join(one, name), one]);
}

function readFiles(folder: string): readonly TapsetFile[] {
  return namesIn(folder, false).filter((name) => /\.stpm?$/.test(name)).sort().map((name) => {
    const path = join(folder, name);
    try {
      return { path, text: readFileSync(path, 'latin1'), isUsers: true };
    } catch (error) {
      throw new UsageError(`-I: cannot read '${path}': ${reasonOf(error)}`, undefined, 1);
    }
  });
}

function namesIn(folder: string, mustExist: boolean): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!mustExist && (code === 'ENOENT' || code === 'ENOTDIR')) return [];
    throw new UsageError(`-I: cannot read the folder '${folder}': ${code === 'ENOENT' ? 'there is no such folder' : reasonOf(error)}`, undefined, 1);
  }
}
