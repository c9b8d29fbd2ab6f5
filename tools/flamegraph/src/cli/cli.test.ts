import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { SHELLS, completionScript } from '@stapkit/cli-kit';
import { pprofWriter } from '../formats/pprof-writer.js';
import { ProfileBuilder } from '../profile/profile-builder.js';
import { manuals } from '../manual.js';
import { parseOptions, type FlamegraphOptions } from './options.js';
import { describeWritten, formatOf, writeProfile } from './outputs.js';
import { readComparison, readSource } from './sources.js';

const folder = mkdtempSync(join(tmpdir(), 'flamegraph-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
const file = (name: string, content?: string): string => { const path = join(folder, name); if (content !== undefined) writeFileSync(path, content); return path; };
const options = (...words: string[]): FlamegraphOptions => parseOptions(['node', 'flamegraph', ...words], '1');

describe('formats', () => {
  test.each([[{}, 'html'], [{ output: '-' }, 'html'], [{ output: 'a.htm' }, 'html'], [{ output: 'a.svg' }, 'svg'], [{ output: 'a.svg', format: 'folded' }, 'folded'], [{ output: 'a.speedscope.json' }, 'speedscope']])('%j: %s', (asked, format) => {
    expect(formatOf(asked)).toBe(format);
  });
  test('an ending that tells nothing', () => { expect(() => formatOf({ output: 'a.xyz' })).toThrow("-o: the ending of 'a.xyz' tells no format"); });
});

describe('wrong usage', () => {
  test.each<[string[], string]>([
    [['--diff', 'a'], '--diff: two profiles are compared, 1 is named'], [['--diff', 'a', 'b', 'c'], '--diff: two profiles are compared, 3 are named'], [['--from', 'a', '--diff', 'a', 'b'], '--from and --diff: one or the other'],
    [['--format', 'x'], "argument 'x' is invalid"], [['--min-percent', '101'], "'101' is no percentage"],
  ])('%j', (words, message) => { expect(() => options(...words)).toThrow(message); });
});

test.each<[string, string | undefined, string]>([['no such file', undefined, 'there is no such file'], ['empty', '', 'empty: profile: the file is empty'], ['text', 'hello', 'none of the known formats'], ['cut', '{"$schema":"https://www.speedscope.app/file-format-schema.json"', 'no JSON']])('a source that is none: %s', (name, content, message) => {
  expect(() => readSource(file(name, content))).toThrow(message);
});

test('from one format to the others and back', () => {
  const from = file('a.folded', 'main;work 3\nmain;vfs_read_[k] 2\n');
  for (const output of ['b.pb.gz', 'c.speedscope.json', 'd.folded']) {
    const written = writeProfile(readSource(from), options('-o', file(output)));
    expect(describeWritten(written)).toEqual([`${file(output)}: 5 samples, 3 frames`]);
    const again = file(`${output}.folded`);
    writeProfile(readSource(file(output)), options('-o', again));
    expect(readFileSync(again, 'utf8')).toBe('main;work 3\nmain;vfs_read_[k] 2\n');
  }
});

test('two profiles compared', () => {
  const profile = readComparison([file('x.folded', 'a 1\nb 2'), file('y.folded', 'a 3')], undefined);
  expect(profile.meta.comparison).toEqual({ before: 'x.folded', after: 'y.folded' });
  writeProfile(profile, options('-o', file('diff.folded')));
  expect(readFileSync(file('diff.folded'), 'utf8')).toBe('a 1 3\nb 2 0\n');
  expect(() => readComparison([file('diff.folded'), file('x.folded')], undefined)).toThrow('compares two profiles already');
});

test('one of several values, by name', () => {
  const builder = new ProfileBuilder([{ type: 'samples', unit: 'count' }, { type: 'cpu', unit: 'nanoseconds' }]);
  builder.add([builder.frame({ name: 'f', kind: 'user' })], [2, 2e7]);
  const from = file('two.pb.gz');
  writeFileSync(from, pprofWriter.write(builder.build({}), { value: 0, title: '', grouping: 'none', reverse: false, icicle: false, colors: 'kind', minWidth: 1 }));
  const folded = (...words: string[]): string => { writeProfile(readSource(from), options('-o', file('one.folded'), ...words)); return readFileSync(file('one.folded'), 'utf8'); };
  expect([folded('--value', 'samples'), folded('--value', 'cpu')]).toEqual(['f 2\n', 'f 20000000\n']);
  expect(() => folded('--value', 'x')).toThrow("--value: the profile has no 'x'");
});

test('man page and completions tell every flag', () => {
  const [manual] = manuals('1');
  const flags = manual!.command.createHelp().visibleOptions(manual!.command).map(({ long }) => long!);
  expect(flags.length).toBeGreaterThan(25);
  const plain = manual!.page.replaceAll('\\-', '-');
  for (const text of [plain, ...SHELLS.map((shell) => completionScript(shell, manual!.command))]) expect(flags.filter((flag) => !text.includes(flag.slice(2)))).toEqual([]);
  for (const part of ['.SH FORMATS', '.SH EXAMPLES', '.SH EXIT STATUS', 'chrome-trace (.trace.json)']) expect(plain).toContain(part);
});

test('--split is for pages in files', () => {
  const profile = readSource(file('s.folded', 'a 1'));
  expect(() => writeProfile(profile, options('--split', '-o', file('s.svg')))).toThrow('--split is for pages');
  expect(() => writeProfile(profile, options('--split', '-o', '-'))).toThrow('--split writes three files');
});

test('off-cpu has the flags that go with waits', () => {
  const waits = (...words: string[]): FlamegraphOptions => parseOptions(['node', 'off-cpu', '--off-cpu', ...words], '1', 'off-cpu');
  expect(waits('--min-us', '5')).toMatchObject({ offCpu: true, minUs: 5 });
  expect(() => waits('--freq', '9')).toThrow("unknown option '--freq'");
  expect(manuals('1', 'off-cpu')[0]?.page).toMatch(/^\.TH OFF\\-CPU 8 [^]*\noff\\-cpu \\- Draws flame graphs of the time that threads wait\n/);
});
