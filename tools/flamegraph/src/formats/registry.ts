/** All formats: which one a file has, which one a file name asks for. */
import { gunzipSync } from 'node:zlib';
import { ProfileError } from '../profile/profile-error.js';
import type { Profile } from '../profile/profile.js';
import { chromeTraceWriter } from './chrome-trace.js';
import { d3JsonWriter } from './d3-json.js';
import { firefoxWriter } from './firefox.js';
import { foldedReader, foldedWriter } from './folded.js';
import type { ProfileReader, ProfileWriter } from './format.js';
import { pageReader } from './html.js';
import { perfScriptReader } from './perf-script-reader.js';
import { perfScriptWriter } from './perf-script-writer.js';
import { pprofReader } from './pprof-reader.js';
import { pprofWriter } from './pprof-writer.js';
import { speedscopeReader, speedscopeWriter } from './speedscope.js';
import { svgWriter } from './svg.js';

/** In the order in which they are asked; folded stacks come last, for they accept almost any text that ends in numbers. */
export const READERS: readonly ProfileReader[] = [pageReader, speedscopeReader, pprofReader, perfScriptReader, foldedReader];
export const WRITERS: readonly ProfileWriter[] = [foldedWriter, d3JsonWriter, speedscopeWriter, pprofWriter, perfScriptWriter, firefoxWriter, chromeTraceWriter, svgWriter];

/** Characters of a file's beginning that decide. */
const LOOK_AT = 64 * 1024;
/** Of an unpacked file. */
const LARGEST_BYTES = 1024 ** 3;

function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_BYTES });
  } catch (error) {
    throw new ProfileError('gzip', undefined, `cannot be unpacked: ${(error as Error).message}`);
  }
}

/** Reads a profile of any known format, gzipped or not. Throws ProfileError. */
export function readProfile(packed: Uint8Array): Profile {
  const bytes = unpack(packed);
  if (bytes.length === 0) throw new ProfileError('profile', undefined, 'the file is empty');
  const text = new TextDecoder().decode(bytes.subarray(0, LOOK_AT));
  const reader = READERS.find((one) => one.recognizes(bytes, text));
  if (reader === undefined) throw new ProfileError('profile', undefined, `the file has none of the known formats (${READERS.map(({ name }) => name).join(', ')})`);
  return reader.read(bytes);
}

/** The writer that a file's name asks for: the longest ending that fits. */
export function writerForFile(file: string): ProfileWriter | undefined {
  const fits = WRITERS.flatMap((writer) => writer.endings.filter((ending) => file.endsWith(ending)).map((ending) => ({ writer, length: ending.length })));
  return fits.sort((a, b) => b.length - a.length)[0]?.writer;
}
