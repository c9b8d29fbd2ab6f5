/**
 * Which source file each function of the kernel is in, without the kernel's debug information: the shipped table
 * tables/kernel-sources.br (scripts/kernel-sources.mjs) of some kernels, of which the nearest by version answers.
 */
import { Glob, SourceFilePattern } from '@stapkit/debuginfo';
import type { Architecture } from '../target/index.js';

/** A function and the file that declares it, below the kernel's source folder. */
export interface PlacedFunction {
  readonly name: string;
  readonly file: string;
  /** Functions of other files have the same name: the kernel's probes by name do not tell them apart. */
  readonly isAmbiguous: boolean;
}

export interface SourceAnswer {
  /** The kernel whose table answered: `6.12.118+deb13-amd64`. */
  readonly release: string;
  /** By file, then by name. */
  readonly functions: readonly PlacedFunction[];
}

export class KernelSourceIndex {
  readonly #text: string;
  readonly #releases: readonly string[];

  /** @param text the table, decompressed */
  constructor(text: string) {
    this.#text = text;
    this.#releases = text.slice(0, Math.max(0, text.indexOf('\n'))).split('\t').slice(1);
  }

  /**
   * Functions whose name and file match, in the kernel that is nearest to a release.
   * @returns undefined when there is no table, or the release says no version
   */
  find(pattern: { readonly name: string; readonly file: string }, kernel: { readonly release: string; readonly arch: Architecture }): SourceAnswer | undefined {
    const nearest = nearestRelease(this.#releases, kernel.release);
    if (nearest === undefined) return undefined;
    const names = new Glob(pattern.name);
    const files = new SourceFilePattern(pattern.file);
    /** name → the first file that matches */
    const found = new Map<string, string>();
    /** name → files with a function of that name */
    const uses = new Map<string, number>();
    let file = '';
    let isWanted = false;
    for (const line of this.#text.split('\n')) {
      if (!line.startsWith('\t')) {
        file = line;
        // The table is of x86-64 kernels: of other architectures' own files it knows nothing.
        isWanted = files.matches(file) && (kernel.arch === 'x86_64' || !file.startsWith('arch/'));
        continue;
      }
      const end = line.indexOf('\t', 1);
      if (end >= 0 && (Number.parseInt(line.slice(end + 1), 16) & (1 << nearest)) === 0) continue;
      const name = nameFor(kernel.arch, line.slice(1, end < 0 ? undefined : end));
      uses.set(name, (uses.get(name) ?? 0) + 1);
      if (isWanted && names.matches(name) && !found.has(name)) found.set(name, file);
    }
    return { release: this.#releases[nearest] ?? '', functions: [...found].map(([name, place]) => ({ name, file: place, isAmbiguous: (uses.get(name) ?? 0) > 1 })) };
  }
}

/** System calls are named after the architecture. */
const nameFor = (arch: Architecture, name: string): string => (arch === 'aarch64' ? name.replace(/^__x64_sys_/, '__arm64_sys_') : name);

/** Linux counts to x.19 and goes on with the next x: versions in a row. */
const MINORS = 20;

function versionNumber(release: string): number | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return major === undefined ? undefined : Number(major) * MINORS + Math.min(Number(minor), MINORS - 1);
}

/** Position of the kernel with the least distance; of two, the older one. */
function nearestRelease(releases: readonly string[], wanted: string): number | undefined {
  const version = versionNumber(wanted);
  if (version === undefined) return undefined;
  let nearest: { readonly index: number; readonly distance: number } | undefined;
  for (const [index, release] of releases.entries()) {
    const distance = Math.abs((versionNumber(release) ?? Infinity) - version);
    if (nearest === undefined || distance < nearest.distance) nearest = { index, distance };
  }
  return nearest?.index;
}
