/** What was made of a binary, kept between runs: one file a binary, named by its build-id and the format. */
import type { CacheFolder } from './cache-folder.js';

export class BuildIdCache {
  readonly #files: CacheFolder;
  readonly #format: number;

  /** @param format number of the files' format: those of another are not found */
  constructor(files: CacheFolder, format: number) {
    this.#files = files;
    this.#format = format;
  }

  read(buildId: string): Uint8Array | undefined {
    const name = this.#nameOf(buildId);
    const bytes = this.#files.read(name);
    if (bytes !== undefined) this.#files.touch(name);
    return bytes;
  }

  write(buildId: string, bytes: Uint8Array): void {
    this.#files.write(this.#nameOf(buildId), [bytes]);
  }

  #nameOf(buildId: string): string {
    return `${buildId}.v${this.#format}`;
  }
}
