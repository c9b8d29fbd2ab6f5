/** Profiles for tests: made up by fast-check, and compared whatever the order of their frames and samples. */
import fc from 'fast-check';
import { kindOfModule } from '../formats/modules.js';
import { ProfileBuilder } from './profile-builder.js';
import { FRAME_KINDS, type Frame, type Profile, type ProfileMeta, type SampleContext, type ValueType } from './profile.js';

/** Samples as a sorted list of texts: equal for profiles that tell the same. */
export function contentOf(profile: Profile): readonly string[] {
  const sums = new Map<string, number[]>();
  for (const { stack, values, context, timeNs } of profile.samples) {
    const key = JSON.stringify([stack.map((index) => frameText(profile.frames[index]!)), context ?? null, timeNs ?? null]);
    const known = sums.get(key);
    if (known === undefined) sums.set(key, [...values]);
    else values.forEach((value, index) => { known[index]! += value; });
  }
  return Array.from(sums, ([key, values]) => `${key} ${values.join(' ')}`).sort();
}

function frameText({ name, kind, module, file, line, column, address }: Frame): string {
  return JSON.stringify([name, kind, module, file, line, column, address?.toString(16)]);
}

/** A profile of one type of value from folded lines. */
export function profileOf(lines: readonly string[], more: { readonly valueTypes?: readonly ValueType[]; readonly meta?: ProfileMeta; readonly context?: SampleContext; readonly frames?: Readonly<Record<string, Partial<Frame>>> } = {}): Profile {
  const builder = new ProfileBuilder(more.valueTypes ?? [{ type: 'samples', unit: 'count' }]);
  for (const line of lines) {
    const [stack = '', ...values] = line.split(' ');
    builder.add(stack.split(';').map((name) => builder.frame({ name, kind: 'user', ...more.frames?.[name] })), values.map(Number), more.context);
  }
  return builder.build(more.meta ?? {});
}

/** Any text, mostly of few letters so that frames meet again. */
const anyName = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('main', 'work', 'std::sort<int*>', 'a b', 'operator()', 'f(int, char)', '_start', 'é', 'x_[k]', '0x12', '[unknown]') }, { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }) });
/** What fits between two semicolons. */
export const foldedName = anyName.map((name) => name.replace(/[;\s\0]+/g, '.')).filter((name) => !/_\[[kji]\]$|^\d+(?:\.\d*)?$/.test(name) && !name.startsWith('#'));
const anyModule = fc.constantFrom('/bin/app', '/usr/lib/libc.so.6', '[kernel.kallsyms]', '[vdso]', '/tmp/perf-12.map', 'nf_tables.ko');

/** A frame whose kind follows from its module, or is `inlined`; the latter stands above a frame of its module and address. */
const physical = fc.record({ name: anyName, module: fc.option(anyModule, { nil: undefined }), file: fc.option(fc.constantFrom('a.c', 'src/b.cc'), { nil: undefined }), line: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }), column: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }), address: fc.option(fc.bigInt({ min: 1n, max: 0xffff_ffff_ffff_ffffn }), { nil: undefined }), inlined: fc.array(anyName, { maxLength: 2 }), oddKind: fc.option(fc.constantFrom(...FRAME_KINDS), { nil: undefined, freq: 6 }) });

function framesOf({ name, module, file, line, column, address, inlined, oddKind }: typeof physical extends fc.Arbitrary<infer T> ? T : never): Frame[] {
  const place = { ...(module === undefined ? {} : { module }), ...(address === undefined ? {} : { address }) };
  const source = { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
  // 'user' in a kernel module, and names that end like annotations, are nobody's profile.
  const kind = oddKind === undefined || (oddKind === 'user' && kindOfModule(module) !== 'user') ? kindOfModule(module) : oddKind;
  return [{ name: plain(name), kind, ...place, ...source }, ...inlined.map((inner): Frame => ({ name: plain(inner), kind: 'inlined', ...place, ...source }))];
}

const plain = (name: string): string => name.replace(/(_\[[kji]\])+$/, '') || 'f';

const context = fc.option(fc.record({ command: fc.constantFrom('node', 'a b', 'x 1/2'), pid: fc.integer({ min: 1, max: 4e6 }), tid: fc.integer({ min: 1, max: 4e6 }) }), { nil: undefined });

/** Whole numbers as weights, two types of value; their sums are exact. */
export const anyProfile: fc.Arbitrary<Profile> = fc.array(fc.record({ stack: fc.array(physical, { maxLength: 5 }), values: fc.tuple(fc.nat(1e9), fc.nat(5e14)), context, timeNs: fc.option(fc.nat(1e12), { nil: undefined }) }), { minLength: 1, maxLength: 12 }).map((samples) => {
  const builder = new ProfileBuilder([{ type: 'samples', unit: 'count' }, { type: 'cpu', unit: 'nanoseconds' }]);
  for (const sample of samples) builder.add(sample.stack.flatMap(framesOf).map((frame) => builder.frame(frame)), sample.values, sample.context, sample.timeNs);
  return builder.build({});
});

/** Names and one weight, as folded stacks hold them. */
export const foldedProfile: fc.Arbitrary<Profile> = fc.array(fc.record({ stack: fc.array(fc.tuple(foldedName, fc.constantFrom(...FRAME_KINDS)), { minLength: 1, maxLength: 6 }), value: fc.oneof(fc.integer({ min: 1, max: 1e12 }), fc.integer({ min: 1, max: 1e6 }).map((thousandths) => thousandths / 1000)) }), { minLength: 1, maxLength: 12 }).map((samples) => {
  const builder = new ProfileBuilder([{ type: 'samples', unit: 'count' }]);
  for (const { stack, value } of samples) builder.add(stack.map(([name, kind]) => builder.frame({ name, kind })), [value]);
  return builder.build({});
});
