import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { OutputFiles, nameAt, parseFileLimits, type FileLimits } from './output-files.js';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-output-')); });
afterEach(() => { rmSync(folder, { recursive: true }); });

async function writeAll(files: OutputFiles, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += await files.write(bytes.subarray(at));
}

const contents = (): Record<string, string> => Object.fromEntries(readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const open = (limits?: FileLimits): OutputFiles => new OutputFiles(join(folder, 'out'), limits);

test.each<[string, FileLimits | undefined, readonly string[], Record<string, string>]>([
  ['one file', undefined, ['one\n', 'two\n'], { out: 'one\ntwo\n' }],
  ['nothing was printed', { bytes: 8, count: 2 }, [], { 'out.0': '' }],
  ['all are kept', { bytes: 8, count: undefined }, ['one\n', 'two\n', 'three\n', 'four\n'], { 'out.0': 'one\ntwo\n', 'out.1': 'three\n', 'out.2': 'four\n' }],
  ['the newest are kept', { bytes: 4, count: 2 }, ['one\ntwo\nsix\nten\n'], { 'out.2': 'six\n', 'out.3': 'ten\n' }],
  ['lines stay whole', { bytes: 10, count: undefined }, ['one\nthree\nseven\n'], { 'out.0': 'one\nthree\n', 'out.1': 'seven\n' }],
  ['a line longer than a file', { bytes: 4, count: undefined }, ['12345678901\n'], { 'out.0': '1234', 'out.1': '5678', 'out.2': '901\n' }],
])('%s', async (_name, limits, texts, expected) => {
  const files = open(limits);
  for (const text of texts) await writeAll(files, text);
  files.close();
  expect(contents()).toEqual(expected);
});

test('next file on demand', async () => {
  const files = open();
  await writeAll(files, 'one\n');
  files.next();
  await writeAll(files, 'two\n');
  files.close();
  expect(contents()).toEqual({ out: 'one\n', 'out.1': 'two\n' });
});

test('names of their times; the same name again is not deleted as an old one', async () => {
  const times = [new Date(2026, 0, 2, 3, 4, 5), new Date(2026, 0, 2, 3, 4, 6)];
  const files = new OutputFiles(join(folder, 'out-%Y%m%d-%H%M%S'), { bytes: 2, count: 1 }, () => times.shift() ?? new Date(2026, 0, 2, 3, 4, 7));
  await writeAll(files, 'a\nb\nc\n');
  files.close();
  expect(contents()).toEqual({ 'out-20260102-030407.2': 'c\n' });
});

test('strftime', () => {
  const time = new Date(2026, 6, 9, 14, 5, 6);
  expect(nameAt('/tmp/x.%F_%T-%j-%b%e-%%-%s', time)).toBe(`/tmp/x.2026-07-09_14:05:06-190-Jul 9-%-${time.getTime() / 1000}`);
  expect(nameAt('plain', time)).toBe('plain');
});

describe('-S', () => {
  test.each([['1,3', { bytes: 1 << 20, count: 3 }], ['2', { bytes: 2 << 20, count: undefined }]])('%s', (text, limits) => {
    expect(parseFileLimits(text)).toEqual(limits);
  });
  test.each(['', '0', '1,', '1,0', '1,2,3', '-1', '1.5', 'x'])('%p is refused', (text) => {
    expect(() => parseFileLimits(text)).toThrow(`-S: '${text}' is not SIZE or SIZE,COUNT`);
  });
});
