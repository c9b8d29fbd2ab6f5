/** Where a profile goes, and as what. */
import { accessSync, constants, existsSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError, reasonOf } from '@stapkit/cli-kit';
import { shortQuantity } from '../drawing/quantities.js';
import type { WriteOptions } from '../formats/format.js';
import { pageFiles } from '../formats/html.js';
import { writerForFile, WRITERS } from '../formats/registry.js';
import { losses } from '../profile/compare.js';
import { defaultGrouping } from '../profile/functions.js';
import { totalOf, type Profile } from '../profile/profile.js';
import { PAGE_FORMAT, type OutputOptions } from './options.js';
import { readPageAssets } from './page-assets.js';
import { valueIndex } from './sources.js';

const PAGE_FILE = 'flamegraph.html';
const STANDARD_OUTPUT = '-';
const PAGE_ENDING = /\.html?$/;
/** Pixels: a picture's narrowest frame. */
const MIN_WIDTH = 0.1;

export interface WrittenProfile {
  readonly files: readonly string[];
  readonly profile: Profile;
  readonly value: number;
}

/** The format that options ask for, by name or by the file's ending; a page otherwise. */
export function formatOf({ output, format }: Pick<OutputOptions, 'output' | 'format'>): string {
  if (format !== undefined) return format;
  if (output === undefined || output === STANDARD_OUTPUT || PAGE_ENDING.test(output)) return PAGE_FORMAT;
  const writer = writerForFile(output);
  if (writer === undefined) throw new UsageError(`-o: the ending of '${output}' tells no format`, `name one by --format: ${[PAGE_FORMAT, ...WRITERS.map(({ name }) => name)].join(', ')}`);
  return writer.name;
}

/** The file; `-` is standard output. */
function outputOf(options: Pick<OutputOptions, 'output' | 'format'>): string {
  return options.output ?? (formatOf(options) === PAGE_FORMAT ? PAGE_FILE : STANDARD_OUTPUT);
}

export function goesToStandardOutput(options: Pick<OutputOptions, 'output' | 'format'>): boolean {
  return outputOf(options) === STANDARD_OUTPUT;
}

const WAIT_FOR_READER_MS = 5;

/** A pipe may be one that does not wait, and its reader slow: what does not fit is written when there is room. */
function writeWhole(descriptor: number, bytes: Uint8Array): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(sleeper, 0, 0, WAIT_FOR_READER_MS);
    }
  }
}

function writeFile(file: string, content: string | Uint8Array): void {
  try {
    if (file === STANDARD_OUTPUT) writeWhole(1, typeof content === 'string' ? Buffer.from(content) : content);
    else writeFileSync(file, content);
  } catch (error) {
    // A pipe whose reader has left.
    if (file === STANDARD_OUTPUT && (error as NodeJS.ErrnoException).code === 'EPIPE') return;
    throw new UsageError(`cannot write to ${file === STANDARD_OUTPUT ? 'standard output' : `'${file}'`}: ${reasonOf(error)}`);
  }
}

/** Throws UsageError when the file could not be written, or its format is not known: before a recording, not after it. */
export function checkOutput(options: Pick<OutputOptions, 'output' | 'format'>): void {
  formatOf(options);
  const { output } = options;
  if (output === undefined || output === STANDARD_OUTPUT) return;
  try {
    if (existsSync(output) && statSync(output).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    accessSync(existsSync(output) ? output : dirname(output), constants.W_OK);
  } catch (error) {
    throw new UsageError(`cannot write to '${output}': ${reasonOf(error)}`);
  }
}

function writePage(profile: Profile, options: WriteOptions, output: string, split: boolean): readonly string[] {
  if (!split) {
    for (const { content } of pageFiles(profile, options, readPageAssets())) writeFile(output, content);
    return [output];
  }
  if (output === STANDARD_OUTPUT) throw new UsageError('--split writes three files: standard output is one', 'name the page by -o FILE.html');
  const files = pageFiles(profile, options, readPageAssets(), basename(output).replace(PAGE_ENDING, ''));
  return files.map(({ name, content }, index) => {
    const file = index === 0 ? output : join(dirname(output), name);
    writeFile(file, content);
    return file;
  });
}

/**
 * Writes a profile where and as the options say. Throws UsageError.
 * @param prune leaves out what is too small; `value` is the index of the value that is shown
 */
export function writeProfile(whole: Profile, options: OutputOptions, prune: (profile: Profile, value: number) => Profile = (profile) => profile): WrittenProfile {
  const format = formatOf(options);
  const value = valueIndex(whole, whole.meta.comparison === undefined ? options.value : undefined);
  const profile = prune(whole, value);
  const output = outputOf(options);
  const title = options.title ?? profile.meta.title ?? defaultTitle(profile);
  const write: WriteOptions = {
    value, title, grouping: options.groupBy ?? defaultGrouping(profile), reverse: options.reverse === true, icicle: options.icicle === true, colors: options.colors, minWidth: MIN_WIDTH,
  };
  if (format === PAGE_FORMAT) return { files: writePage(profile, write, output, options.split === true), profile, value };
  if (options.split === true) throw new UsageError('--split is for pages', `leave it out, or name a page by -o FILE.html`);
  const writer = WRITERS.find(({ name }) => name === format);
  if (writer === undefined) throw new UsageError(`--format: there is no '${format}'`);
  const content = writer.write(profile, write);
  if (typeof content !== 'string' && output === STANDARD_OUTPUT && process.stdout.isTTY) throw new UsageError(`${format} is no text to show on a terminal`, `write it to a file: -o profile${writer.endings[0] ?? ''}`);
  writeFile(output, content);
  return { files: [output], profile, value };
}

function defaultTitle({ meta }: Profile): string {
  if (meta.comparison !== undefined) return `${meta.comparison.before} \u2192 ${meta.comparison.after}`;
  return meta.command ?? 'Flame graph';
}

/** Lines for the person at the terminal: what was written, and what the profile lacks. */
export function describeWritten({ files, profile, value }: WrittenProfile): string[] {
  const type = profile.valueTypes[value] ?? { type: 'samples', unit: 'count' };
  const place = files.filter((file) => file !== STANDARD_OUTPUT);
  return [...(place.length === 0 ? [] : [`${place.join(', ')}: ${shortQuantity(totalOf(profile, value), type)}, ${profile.frames.length} frames`]), ...losses(profile)];
}
