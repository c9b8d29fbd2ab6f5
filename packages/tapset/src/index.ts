/**
 * The tapset library as data: SystemTap functions, aliases and macros in stp/, tables in tables/.
 * One file a subject, named as SystemTap's users know them. Texts are byte strings (latin1), as the compiler wants them.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

export interface TapsetText {
  /** Name of the file below stp/. */
  readonly path: string;
  readonly text: string;
}

export interface Tapset {
  /** .stp and .stpm files in the order of their names. */
  readonly files: readonly TapsetText[];
  /** tables/syscalls.tsv */
  readonly syscallTable: string;
  /**
   * tables/kernel-sources.br, decompressed when it is asked for: source files of the kernel's functions, by kernel.
   * @throws Error when it cannot be read: the installation is damaged
   */
  readonly kernelSources: () => string;
}

/** Where stp/ and tables/ are: beside the bundle this is part of, or in the package. */
export const tapsetDirectory: string = findDirectory(dirname(fileURLToPath(import.meta.url)));

function findDirectory(here: string): string {
  const places = [here, dirname(here)];
  return places.find((place) => existsSync(join(place, 'stp')) && existsSync(join(place, 'tables'))) ?? dirname(here);
}

/**
 * Reads the library.
 * @throws Error naming the file that cannot be read: the installation is damaged.
 */
export function loadTapset(directory: string = tapsetDirectory): Tapset {
  const folder = join(directory, 'stp');
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.stpm?$/.test(name)).sort();
    return {
      files: names.map((path) => ({ path, text: readFileSync(join(folder, path), 'latin1') })),
      syscallTable: readFileSync(join(directory, 'tables', 'syscalls.tsv'), 'latin1'),
      kernelSources: () => brotliDecompressSync(readFileSync(join(directory, 'tables', 'kernel-sources.br'))).toString('latin1'),
    };
  } catch (cause) {
    throw new Error(`the tapset library cannot be read from ${directory}: ${cause instanceof Error ? cause.message : String(cause)}; install stapkit again`, { cause });
  }
}
