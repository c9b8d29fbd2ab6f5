/** Writes pprof's profile.proto, gzipped. */
import { gzipSync } from 'node:zlib';
import { ProfileError } from '../profile/profile-error.js';
import type { Frame, Profile, ProfileMeta, Sample, SampleContext } from '../profile/profile.js';
import { annotate } from './annotation.js';
import type { ProfileWriter } from './format.js';
import { kindOfModule } from './modules.js';
import { FUNCTION, LABEL, LINE, LOCATION, MAPPING, PROFILE, SAMPLE, VALUE_TYPE, type MetaComment } from './pprof-schema.js';
import { ProtoWriter } from './protobuf.js';

const FORMAT = 'pprof';

/** Numbers things from 1 in the order in which they are first asked for. */
class Numbered<T> {
  readonly items: T[] = [];
  readonly #ids = new Map<string, number>();

  id(key: string, item: () => T): number {
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.items.push(item());
    this.#ids.set(key, this.items.length);
    return this.items.length;
  }
}

/** A physical frame and the calls that were inlined into it, outermost first: one location. */
type Run = readonly Frame[];

class PprofWriter {
  readonly #profile: Profile;
  readonly #out = new ProtoWriter();
  readonly #strings = new Numbered<string>();
  readonly #mappings = new Numbered<string>();
  readonly #functions = new Numbered<Frame>();
  readonly #locations = new Numbered<Run>();

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  write(value: number): Uint8Array {
    const { valueTypes, samples, meta } = this.#profile;
    for (const { type, unit } of valueTypes) this.#valueType(PROFILE.sampleType, type, unit);
    samples.forEach((sample, index) => { this.#sample(sample, index); });
    // Locations number functions and mappings, functions and mappings number strings.
    this.#locations.items.forEach((run, index) => { this.#location(run, index + 1); });
    this.#functions.items.forEach((frame, index) => { this.#function(frame, index + 1); });
    this.#mappings.items.forEach((module, index) => { this.#mapping(module, index + 1); });
    this.#meta(meta);
    this.#out.integer(PROFILE.defaultSampleType, this.#string(valueTypes[value]?.type ?? ''));
    this.#out.text(PROFILE.stringTable, '');
    for (const text of this.#strings.items) this.#out.text(PROFILE.stringTable, text);
    return this.#out.finish();
  }

  /** String 0 is the empty one. */
  #string(text: string): number {
    return text === '' ? 0 : this.#strings.id(text, () => text);
  }

  #valueType(field: number, type: string, unit: string): void {
    const [typeString, unitString] = [this.#string(type), this.#string(unit)];
    this.#out.message(field, (out) => {
      out.integer(VALUE_TYPE.type, typeString);
      out.integer(VALUE_TYPE.unit, unitString);
    });
  }

  #sample({ stack, values, context, timeNs }: Sample, index: number): void {
    for (const value of values)
      if (!Number.isSafeInteger(value)) throw new ProfileError(FORMAT, `sample ${index + 1}`, `pprof holds whole numbers up to 2^53, not ${value}`, 'write folded stacks or speedscope');
    const locations = this.#runs(stack).map((run) => this.#locations.id(run.join(), () => run.map((frame) => this.#frame(frame))));
    const labels = labelsOf(context, timeNs).map(([key, value, unit]) => ({ key: this.#string(key), str: typeof value === 'string' ? this.#string(value) : 0, num: typeof value === 'number' ? value : 0, unit: this.#string(unit ?? '') }));
    this.#out.message(PROFILE.sample, (out) => {
      out.packed(SAMPLE.locationId, locations.reverse());
      out.packed(SAMPLE.value, values);
      for (const { key, str, num, unit } of labels)
        out.message(SAMPLE.label, (label) => {
          label.integer(LABEL.key, key);
          label.integer(LABEL.str, str);
          label.integer(LABEL.num, num);
          label.integer(LABEL.numUnit, unit);
        });
    });
  }

  #frame(index: number): Frame {
    const frame = this.#profile.frames[index];
    if (frame === undefined) throw new RangeError(`there is no frame ${index}`);
    return frame;
  }

  /** Cuts a stack before each physical frame. */
  #runs(stack: readonly number[]): number[][] {
    const runs: number[][] = [];
    let around: Frame | undefined;
    for (const index of stack) {
      const frame = this.#frame(index);
      if (around !== undefined && frame.kind === 'inlined' && frame.address === around.address && frame.module === around.module) runs.at(-1)?.push(index);
      else {
        runs.push([index]);
        around = frame;
      }
    }
    return runs;
  }

  #location(run: Run, id: number): void {
    const [{ module, address } = { module: undefined, address: undefined }] = run;
    const mapping = module === undefined ? 0 : this.#mappings.id(module, () => module);
    const lines = run.map((frame) => ({ frame, fn: this.#functions.id(`${frame.name}\0${systemName(frame)}\0${frame.file ?? ''}`, () => frame) })).reverse();
    this.#out.message(PROFILE.location, (out) => {
      out.integer(LOCATION.id, id);
      out.integer(LOCATION.mappingId, mapping);
      out.integer(LOCATION.address, address ?? 0n);
      for (const { frame, fn } of lines)
        out.message(LOCATION.line, (line) => {
          line.integer(LINE.functionId, fn);
          line.integer(LINE.line, frame.line ?? 0);
          line.integer(LINE.column, frame.column ?? 0);
        });
    });
  }

  #function(frame: Frame, id: number): void {
    const strings = [frame.name, systemName(frame), frame.file ?? ''].map((text) => this.#string(text));
    this.#out.message(PROFILE.function, (out) => {
      out.integer(FUNCTION.id, id);
      [FUNCTION.name, FUNCTION.systemName, FUNCTION.filename].forEach((field, index) => { out.integer(field, strings[index] ?? 0); });
    });
  }

  #mapping(module: string, id: number): void {
    const [filename, buildId] = [this.#string(module), this.#string(this.#profile.buildIds.get(module) ?? '')];
    const frames = this.#profile.frames.filter((frame) => frame.module === module);
    const has = (test: (frame: Frame) => boolean): number => (frames.some(test) ? 1 : 0);
    this.#out.message(PROFILE.mapping, (out) => {
      out.integer(MAPPING.id, id);
      out.integer(MAPPING.filename, filename);
      out.integer(MAPPING.buildId, buildId);
      // What is marked as known is not looked up again by `pprof`: it could only replace our names by none.
      out.integer(MAPPING.hasFunctions, 1);
      out.integer(MAPPING.hasFilenames, has(({ file }) => file !== undefined));
      out.integer(MAPPING.hasLineNumbers, has(({ line }) => line !== undefined));
      out.integer(MAPPING.hasInlineFrames, has(({ kind }) => kind === 'inlined'));
    });
  }

  #meta(meta: ProfileMeta): void {
    this.#out.integer(PROFILE.timeNanos, meta.startTime === undefined ? 0n : BigInt(Math.round(meta.startTime)) * 1_000_000n);
    this.#out.integer(PROFILE.durationNanos, Math.round(meta.durationNs ?? 0));
    if (meta.period !== undefined) {
      this.#valueType(PROFILE.periodType, meta.event ?? 'samples', meta.periodUnit ?? 'count');
      this.#out.integer(PROFILE.period, Math.round(meta.period));
    }
    for (const comment of commentsOf(meta)) this.#out.packed(PROFILE.comment, [this.#string(comment)]);
  }
}

/** profile.proto knows no kinds of frames: where module and place among inlined calls do not tell, the function's system name does. */
function systemName({ name, kind, module }: Frame): string {
  return kind === kindOfModule(module) ? name : annotate(name, kind);
}

function labelsOf(context: SampleContext | undefined, timeNs: number | undefined): (readonly [key: string, value: string | number, unit?: string])[] {
  const { command, pid, tid, cpu } = context ?? {};
  const labels: (readonly [string, string | number | undefined, string?])[] = [['comm', command], ['pid', pid], ['tid', tid], ['cpu', cpu], ['time', timeNs, 'nanoseconds']];
  return labels.flatMap(([key, value, unit]) => (value === undefined ? [] : [unit === undefined ? [key, value] as const : [key, value, unit] as const]));
}

function commentsOf(meta: ProfileMeta): string[] {
  const facts: Record<MetaComment, string | number | undefined> = {
    title: meta.title, event: meta.event, command: meta.command, host: meta.host, kernel: meta.kernel, lost: meta.lost,
    before: meta.comparison?.before, after: meta.comparison?.after,
  };
  return [...Object.entries(facts).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`])), ...(meta.notes ?? [])];
}

export const pprofWriter: ProfileWriter = {
  name: 'pprof',
  endings: ['.pb.gz', '.pprof', '.pb'],
  description: "gzipped profile.proto: pprof, Grafana, Parca",
  write: (profile, { value }) => gzipSync(new PprofWriter(profile).write(value)),
};
