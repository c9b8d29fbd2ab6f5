/** Whatever a file holds, reading it gives a profile or a ProfileError: no other error, no endless loop. */
import { readFileSync } from 'node:fs';
import { gzipSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Trees } from '../view/trees.js';
import { functionsOf } from '../profile/functions.js';
import { ProfileError } from '../profile/profile-error.js';
import { packProfile, unpackProfile, type PackedProfile } from '../profile/packed-profile.js';
import type { Profile } from '../profile/profile.js';
import { profileOf } from '../profile/profiles.test-support.js';
import { foldedWriter } from './folded.js';
import { pageFiles } from './html.js';
import { decodeProfile, decodeTree, encodeProfile, openProfile } from './native.js';
import { pprofReader } from './pprof-reader.js';
import { pprofWriter } from './pprof-writer.js';
import { perfScriptReader } from './perf-script-reader.js';
import { READERS, readProfile } from './registry.js';
import { speedscopeWriter } from './speedscope.js';

const OPTIONS = { value: 0, title: 't', grouping: 'none', reverse: false, icicle: false, colors: 'kind', minWidth: 0.1 } as const;
const PROFILE: Profile = profileOf(['main;work;x 5', 'main;y 7', 'main;work;z 1'], { context: { command: 'c', pid: 1, tid: 2 }, frames: { x: { kind: 'inlined', module: '/bin/a', line: 3, file: 'a.c' }, work: { module: '/bin/a', address: 77n } }, meta: { period: 10, lost: 4 } });

const SAMPLES: Readonly<Record<string, Uint8Array>> = {
  folded: Buffer.from(foldedWriter.write(PROFILE, OPTIONS)),
  speedscope: Buffer.from(speedscopeWriter.write(PROFILE, OPTIONS)),
  evented: Buffer.from(JSON.stringify({ shared: { frames: [{ name: 'a' }, { name: 'b' }] }, profiles: [{ type: 'evented', name: 'x', unit: 'seconds', startValue: 0, endValue: 3, events: [{ type: 'O', frame: 0, at: 0 }, { type: 'O', frame: 1, at: 1 }, { type: 'C', frame: 1, at: 2 }, { type: 'C', frame: 0, at: 3 }] }] })),
  pprof: gunzipSync(pprofWriter.write(PROFILE, OPTIONS)),
  'pprof, packed': pprofWriter.write(PROFILE, OPTIONS) as Uint8Array,
  page: Buffer.from(pageFiles(PROFILE, OPTIONS, { script: 's', style: 's' })[0]!.content),
  'perf script': readFileSync(new URL('../../testdata/perf-dwarf.txt', import.meta.url)),
};

/** A profile that can be walked, or the right kind of error. */
function check(read: () => Profile): void {
  try {
    const { frames, samples, valueTypes } = read();
    for (const { stack, values } of samples) {
      if (values.length !== valueTypes.length || !values.every((value) => value >= 0 && Number.isFinite(value))) throw new Error('values are wrong');
      if (!stack.every((index) => frames[index] !== undefined && frames[index].name !== '')) throw new Error('a frame is missing');
    }
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    expect(error.message.length).toBeLessThan(400);
  }
}

describe.each(Object.keys(SAMPLES))('%s', (name) => {
  const good = SAMPLES[name]!;

  test('is read when it is whole', () => { expect(readProfile(good).samples.length).toBeGreaterThan(0); });

  test('cut anywhere', () => {
    for (let length = 0; length < good.length; length += Math.max(1, Math.floor(good.length / 400))) check(() => readProfile(good.subarray(0, length)));
  });

  test('with other bytes in it', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
      const bytes = Uint8Array.from(good);
      for (const [at, byte] of changes) bytes[at] = byte;
      check(() => readProfile(bytes));
    }), { numRuns: 300 });
  });

  test('with a piece moved', () => {
    fc.assert(fc.property(fc.nat(good.length), fc.nat(good.length), fc.nat(good.length), (from, length, to) => {
      check(() => readProfile(Buffer.concat([good.subarray(0, to), good.subarray(from, from + length), good.subarray(to)])));
    }), { numRuns: 200 });
  });
});

describe('the profile of a page, unpacked', () => {
  const good = encodeProfile(packProfile(PROFILE), new Trees(packProfile(PROFILE)).tree({ value: 0, grouping: 'none', reverse: false }));
  const read = (bytes: Uint8Array) => (): Profile => {
    const file = openProfile(bytes);
    const packed = decodeProfile(file);
    decodeTree(file, functionsOf(packed, 'none').functions);
    return unpackProfile(packed);
  };

  test('cut anywhere', () => { for (let length = 0; length < good.length; length += 1) check(read(good.subarray(0, length))); });
  test('with other bytes in it', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
      const bytes = Uint8Array.from(good);
      for (const [at, byte] of changes) bytes[at] = byte;
      check(read(bytes));
    }), { numRuns: 1000 });
  });
  test.each<[string, (profile: PackedProfile) => PackedProfile, string]>([
    ['a frame that is not there', (profile) => ({ ...profile, stacks: { ...profile.stacks, frame: profile.stacks.frame.map((frame, node) => (node === 1 ? 99 : frame)) } }), 'flamegraph page: stacks.frame[1]: a number from 0 to 4 is wanted, not 99'],
    ['a weight below zero', (profile) => ({ ...profile, samples: { ...profile.samples, values: [Float64Array.of(1, -1, 1)] } }), 'flamegraph page: samples.value0[1]: a number from 0 to 9007199254740991 is wanted, not -1'],
    ['a half weight below zero', (profile) => ({ ...profile, samples: { ...profile.samples, values: [Float64Array.of(1, -0.5, 1)] } }), 'flamegraph page: samples.value0: -0.5 in entry 1'],
    ['too few weights', (profile) => ({ ...profile, samples: { ...profile.samples, values: [Float64Array.of(1)] } }), 'flamegraph page: samples.value0: 1 entries where 3 are wanted'],
    ['a caller after what it calls', (profile) => ({ ...profile, stacks: { ...profile.stacks, parent: profile.stacks.parent.map(() => 3) } }), 'flamegraph page: stacks.distance[0]: a number from 1 to 2147483647 is wanted, not -3'],
  ])('%s', (_what, change, message) => { expect(read(encodeProfile(change(packProfile(PROFILE))))).toThrow(message); });
});

test('anything, whichever reader is asked', () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 200 }).map((text) => Uint8Array.from(Buffer.from(text))), fc.json().map((text) => Uint8Array.from(Buffer.from(text)))), fc.constantFrom(...READERS), (bytes, reader) => {
    check(() => reader.read(bytes));
    check(() => readProfile(bytes));
    check(() => readProfile(gzipSync(bytes)));
  }), { numRuns: 500 });
});

// An expression that backtracks takes hours for these, and the test's time limit ends it.
test('lines without an end do not take for ever', () => {
  for (const line of ['a '.repeat(100_000), '\t'.repeat(200_000), 'a 1 [000] '.repeat(20_000), `x 1 1.0: 1 cycles: ${'(a) '.repeat(50_000)}`, '1'.repeat(200_000), ' 1'.repeat(100_000)]) for (const reader of READERS) check(() => reader.read(Buffer.from(`${line}\nab 1`)));
});

describe('the error tells the place', () => {
  const json = (change: (file: { shared: { frames: object[] }; profiles: Record<string, unknown>[] }) => void): Uint8Array => {
    const file = JSON.parse(Buffer.from(SAMPLES.speedscope!).toString()) as Parameters<typeof change>[0];
    change(file);
    return Buffer.from(JSON.stringify(file));
  };
  test.each<[string, () => Uint8Array, string]>([
    ['an empty file', () => Buffer.from(''), 'profile: the file is empty'],
    ['a picture', () => Buffer.from('\x89PNG\r\n'), 'profile: the file has none of the known formats (flamegraph page, speedscope, pprof, perf script, folded stacks)'],
    ['folded without a weight', () => Buffer.from('a;b 1\na;b\n'), "folded stacks: line 2: no weight at the end of 'a;b'"],
    ['folded with an endless weight', () => Buffer.from('a;b 1\na;b 1e999\n'), "folded stacks: line 2: the weight '1e999' is too large"],
    ['JSON cut short', () => SAMPLES.speedscope!.subarray(0, 300), 'speedscope: line 1, column 301: no JSON:'],
    ['a frame that is not there', () => json(({ profiles }) => { profiles[0]!.samples = [[0], [99], [0]]; }), 'speedscope: profiles[0].samples[1][0]: a whole number from 0 to 4 is wanted, not 99'],
    ['a weight below zero', () => json(({ profiles }) => { profiles[0]!.weights = [1, -1, 1]; }), 'speedscope: profiles[0].weights[1]: a weight is wanted, not -1'],
    ['too few weights', () => json(({ profiles }) => { profiles[0]!.weights = [1]; }), 'speedscope: profiles[0]: 3 samples and 1 weights'],
    ['a frame without a name', () => json(({ shared }) => { shared.frames[2] = {}; }), "speedscope: shared.frames[2]: 'name' is missing"],
    ['an unknown unit', () => json(({ profiles }) => { profiles[0]!.unit = 'fortnights'; }), "speedscope: profiles[0].unit: 'fortnights' is no unit"],
    ['time that runs back', () => Buffer.from(Buffer.from(SAMPLES.evented!).toString().replace('"at":2', '"at":0.5')), 'speedscope: profiles[0].events[2]: at 0.5, before the event before it (1)'],
    ['calls that cross', () => Buffer.from(Buffer.from(SAMPLES.evented!).toString().replace('"C","frame":1', '"C","frame":0')), 'speedscope: profiles[0].events[2]: frame 0 is closed and is not the innermost that is open'],
    ['gzip cut short', () => SAMPLES['pprof, packed']!.subarray(0, 60), 'gzip: cannot be unpacked: unexpected end of file'],
    ['pprof cut short', () => SAMPLES.pprof!.subarray(0, 90), 'pprof: byte 0x'],
    ['a page without its profile', () => SAMPLES.page!.subarray(0, 700), 'flamegraph page: its profile is missing: the file is cut short, or another program made it'],
  ])('%s', (_name, bytes, message) => {
    expect(() => readProfile(bytes())).toThrow(message);
  });

  test.each<[string, readonly number[], string]>([
    ['values of another number than types', [0x0a, 2, 8, 0, 0x12, 4, 0x12, 2, 1, 1], 'pprof: byte 0x6: a sample with 2 values where 1 are declared'],
    ['a negative value', [0x0a, 2, 8, 0, 0x12, 12, 0x12, 10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], 'pprof: byte 0x6: a sample has a negative value: this is the difference of two profiles'],
    ['no such location', [0x0a, 2, 8, 0, 0x12, 6, 0x0a, 1, 9, 0x12, 1, 1], 'pprof: byte 0x6: there is no location 9'],
    ['a number without an end', [0x0a, 2, 8, 0, 0x48, 255], 'pprof: byte 0x6: the file ends within a number'],
    ['a number of eleven bytes', [0x48, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], 'pprof: byte 0xb: an integer of more than ten bytes'],
    ['a length beyond the end', [0x0a, 99, 1], 'pprof: byte 0x2: 99 bytes are announced, 1 are there'],
    ['groups', [0x0b], 'pprof: byte 0x1: wire type 3 is none that this format uses'],
    ['a number where a message stands', [0x0a, 2, 8, 0, 0x10, 1], 'pprof: byte 0x0: field 2 holds a number'],
    ['nothing', [], 'pprof: no type of value is declared: this is no profile, or its beginning is missing'],
  ])('pprof: %s', (_name, bytes, message) => {
    expect(() => pprofReader.read(Uint8Array.from(bytes))).toThrow(message);
  });

  test('no text', () => { expect(() => perfScriptReader.read(Buffer.from('a\0b'))).toThrow('perf script: byte 0x1: this is no text'); });
});

test('what a format cannot hold is refused, not rounded', () => {
  expect(() => pprofWriter.write(profileOf(['a 1.5']), OPTIONS)).toThrow('pprof: sample 1: pprof holds whole numbers up to 2^53, not 1.5');
});
