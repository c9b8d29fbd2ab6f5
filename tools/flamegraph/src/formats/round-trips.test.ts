/** What is written and read again tells the same. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { Profile as PprofProfile, StringTable } from 'pprof-format';
import { losses } from '../profile/compare.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { anyProfile, contentOf, foldedProfile, profileOf } from '../profile/profiles.test-support.js';
import type { ProfileWriter, WriteOptions } from './format.js';
import { foldedWriter } from './folded.js';
import { pageFiles } from './html.js';
import { perfScriptWriter } from './perf-script-writer.js';
import { pprofWriter } from './pprof-writer.js';
import { readProfile } from './registry.js';
import { speedscopeWriter } from './speedscope.js';

const OPTIONS: WriteOptions = { value: 0, title: 'a title', grouping: 'none', reverse: false, icicle: false, colors: 'kind', minWidth: 0.1 };
const bytesOf = (written: string | Uint8Array): Uint8Array => (typeof written === 'string' ? Buffer.from(written) : written);
const again = (writer: ProfileWriter, profile: Profile, options: Partial<WriteOptions> = {}): Profile => readProfile(bytesOf(writer.write(profile, { ...OPTIONS, ...options })));
const asPage = (profile: Profile, split?: string): Profile => readProfile(bytesOf(pageFiles(profile, OPTIONS, { script: '', style: '' }, split)[0]!.content));

const META: ProfileMeta = {
  title: 'a </script> title', event: 'cpu-clock', period: 10_101_010, periodUnit: 'nanoseconds', command: 'node a.js', host: 'vm', kernel: '6.1', startTime: 1_795_000_000_123, durationNs: 1e10, lost: 3, notes: ['one', 'two'],
};

describe('equal after writing and reading', () => {
  test('folded stacks', () => {
    fc.assert(fc.property(foldedProfile, (profile) => { expect(contentOf(again(foldedWriter, profile))).toEqual(contentOf(profile)); }));
  });

  test('pprof', () => {
    fc.assert(fc.property(anyProfile, (profile) => { expect(contentOf(again(pprofWriter, profile))).toEqual(contentOf(profile)); }));
  });

  test('speedscope, but for times', () => {
    fc.assert(fc.property(anyProfile, (profile) => {
      const timeless = { ...profile, samples: profile.samples.map(({ timeNs: _, ...sample }) => sample) };
      expect(contentOf(again(speedscopeWriter, profile))).toEqual(contentOf(timeless));
    }));
  });

  test('the page', () => {
    fc.assert(fc.property(anyProfile, (profile) => { expect(contentOf(asPage(profile))).toEqual(contentOf(profile)); }));
  });

  test('what was recorded', () => {
    const profile = { ...profileOf(['a;b 1'], { meta: META }), buildIds: new Map([['/bin/app', 'abcd']]) };
    expect(asPage(profile, 'x')).toMatchObject({ meta: META, buildIds: profile.buildIds });
    expect(again(pprofWriter, profile).meta).toEqual(META);
    expect(losses(again(pprofWriter, profile))).toEqual(['3 samples lost', 'one', 'two']);
  });

  test('build ids of pprof', () => {
    const profile = { ...profileOf(['a 1'], { frames: { a: { module: '/bin/app' } } }), buildIds: new Map([['/bin/app', 'abcd']]) };
    expect(again(pprofWriter, profile).buildIds).toEqual(profile.buildIds);
  });

  test.each<[string, (profile: Profile) => Profile]>([['folded', (p) => again(foldedWriter, p)], ['pprof', (p) => again(pprofWriter, p)], ['speedscope', (p) => again(speedscopeWriter, p)], ['page', (p) => asPage(p)]])('a comparison, as %s', (_name, through) => {
    const profile = profileOf(['a;b 1 3', 'a;c 2 0'], { valueTypes: [{ type: 'before', unit: 'count' }, { type: 'after', unit: 'count' }], meta: { comparison: { before: 'before', after: 'after' } } });
    const read = through(profile);
    expect([contentOf(read), read.meta.comparison, read.valueTypes]).toEqual([contentOf(profile), profile.meta.comparison, profile.valueTypes]);
  });

  test('perf script, sample by sample', () => {
    const profile = profileOf(['main;work 3', 'main;do_sys_open 2'], { context: { command: 'my prog', pid: 7, tid: 8 }, frames: { do_sys_open: { kind: 'kernel', module: '[kernel.kallsyms]', address: 0xffff_ffff_8100_0000n }, main: { module: '/bin/my prog (deleted)', address: 16n, file: 'a.c', line: 3 } } });
    const read = again(perfScriptWriter, profile);
    expect(read.samples).toHaveLength(5);
    const sum = { ...read, samples: read.samples.map(({ stack, values, context }) => ({ stack, values: [values[0]!], context: { command: context!.command!, pid: context!.pid!, tid: context!.tid! } })) };
    expect(contentOf(sum)).toEqual(contentOf(profile));
  });
});

describe('by programs that are not ours', () => {
  const schema = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('speedscope/dist/release/file-format-schema.json'), 'utf8')) as object;
  const validate = new Ajv({ strict: false }).compile(schema);

  test("speedscope's schema accepts ours, and would refuse others", () => {
    fc.assert(fc.property(anyProfile, (profile) => {
      expect([validate(JSON.parse(speedscopeWriter.write(profile, OPTIONS) as string)), validate.errors]).toEqual([true, null]);
    }));
    expect(validate({ $schema: 'https://www.speedscope.app/file-format-schema.json', shared: { frames: [{}] }, profiles: [] })).toBe(false);
  });

  test('pprof-format decodes ours', () => {
    fc.assert(fc.property(anyProfile, (profile) => {
      const decoded = PprofProfile.decode(gunzipSync(pprofWriter.write(profile, { ...OPTIONS, value: 1 })));
      const text = (index: number | bigint): string => decoded.stringTable.strings[Number(index)]!;
      const functions = new Map(decoded.function.map((fn) => [fn.id, fn]));
      const locations = new Map(decoded.location.map((location) => [location.id, location]));
      const stacks = decoded.sample.map(({ locationId, value }) => JSON.stringify([locationId.flatMap((id) => locations.get(id)!.line.map((line) => text(functions.get(line.functionId)!.name))).reverse(), value.map(Number)]));
      expect(stacks.sort()).toEqual(profile.samples.map(({ stack, values }) => JSON.stringify([stack.map((frame) => profile.frames[frame]!.name), values])).sort());
      expect([decoded.sampleType.map(({ type, unit }) => [text(type), text(unit)]), text(decoded.defaultSampleType)]).toEqual([[['samples', 'count'], ['cpu', 'nanoseconds']], 'cpu']);
    }));
  });

  test('pprof-format encodes for us', () => {
    const stringTable = new StringTable();
    const id = (text: string): number => stringTable.dedup(text);
    const profile = new PprofProfile({
      sampleType: [{ type: id('alloc_space'), unit: id('kilobytes') }],
      sample: [{ locationId: [2, 1], value: [7], label: [{ key: id('comm'), str: id('srv') }, { key: id('region'), str: id('eu') }] }],
      location: [{ id: 1, address: 16, line: [{ functionId: 1, line: 3 }] }, { id: 2, address: 32, line: [{ functionId: 2, line: 9 }, { functionId: 1, line: 4 }] }],
      function: [{ id: 1, name: id('main.main') }, { id: 2, name: id('runtime.malloc'), filename: id('malloc.go') }],
      stringTable,
    });
    const read = readProfile(profile.encode());
    expect(read.valueTypes).toEqual([{ type: 'alloc_space', unit: 'bytes' }]);
    expect(contentOf(read)).toEqual(contentOf(((): Profile => {
      const frames = [{ name: 'main.main', kind: 'user', line: 3, address: 16n }, { name: 'main.main', kind: 'user', line: 4, address: 32n }, { name: 'runtime.malloc', kind: 'inlined', file: 'malloc.go', line: 9, address: 32n }] as const;
      return { ...read, frames, samples: [{ stack: [0, 1, 2], values: [7168], context: { command: 'srv' } }] };
    })()));
    expect(losses(read)).toEqual(['labels that are not shown: region']);
  });
});
