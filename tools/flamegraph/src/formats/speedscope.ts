/** speedscope's JSON. https://www.speedscope.app/file-format-schema.json */
import { ProfileBuilder } from '../profile/profile-builder.js';
import { FRAME_KINDS, type Frame, type FrameKind, type Profile, type ProfileMeta, type Sample, type SampleContext, type Unit, type ValueType } from '../profile/profile.js';
import type { ProfileReader, ProfileWriter } from './format.js';
import { Json, parseJson } from './json.js';
import { textOf } from './lines.js';

const FORMAT = 'speedscope';
const SCHEMA = 'https://www.speedscope.app/file-format-schema.json';

/** speedscope's units in ours. */
const UNITS: Readonly<Record<string, readonly [Unit, number]>> = { none: ['count', 1], bytes: ['bytes', 1], nanoseconds: ['nanoseconds', 1], microseconds: ['nanoseconds', 1e3], milliseconds: ['nanoseconds', 1e6], seconds: ['nanoseconds', 1e9] };
const TYPE_OF_UNIT: Readonly<Record<Unit, string>> = { count: 'samples', bytes: 'bytes', nanoseconds: 'time' };

/** `node 12/13`: how we name a thread's profile. */
function threadName({ command, pid, tid }: SampleContext): string {
  return `${command ?? '?'} ${pid ?? '?'}/${tid ?? '?'}`;
}

function parseThreadName(text: string): SampleContext | undefined {
  const match = /^(.*) (\d+|\?)\/(\d+|\?)$/s.exec(text);
  if (match === null) return undefined;
  const [, command = '?', pid = '?', tid = '?'] = match;
  return { ...(command === '?' ? {} : { command }), ...(pid === '?' ? {} : { pid: Number(pid) }), ...(tid === '?' ? {} : { tid: Number(tid) }) };
}

class SpeedscopeReader {
  readonly #file: Json;
  readonly #profiles: readonly Json[];
  readonly #types: ValueType[] = [];
  readonly #factors: number[] = [];
  /** By profile: which type of value it has. */
  readonly #typeOf: number[] = [];
  readonly #frames: number[];
  readonly #builder: ProfileBuilder;

  constructor(file: Json) {
    this.#file = file;
    this.#profiles = file.need('profiles').list();
    if (this.#profiles.length === 0) file.need('profiles').fail('there are no profiles in it');
    for (const profile of this.#profiles) this.#addType(profile);
    this.#builder = new ProfileBuilder(this.#types);
    this.#frames = file.need('shared').need('frames').list().map((frame) => this.#builder.frame(readFrame(frame)));
  }

  read(): Profile {
    this.#profiles.forEach((profile, index) => {
      const context = parseThreadName(profile.at('name')?.text() ?? '');
      const type = profile.need('type').text();
      if (type === 'sampled') this.#sampled(profile, index, context);
      else if (type === 'evented') this.#evented(profile, index, context);
      else profile.need('type').fail(`profiles are 'sampled' or 'evented', not '${type}'`);
    });
    return this.#builder.build(this.#meta());
  }

  #addType(profile: Json): void {
    const unit = profile.need('unit').text();
    const [ours, factor] = UNITS[unit] ?? profile.need('unit').fail(`'${unit}' is no unit`);
    // 'valueType' is ours: speedscope has units alone.
    const type = profile.at('valueType')?.text() ?? TYPE_OF_UNIT[ours];
    const known = this.#types.findIndex((other) => other.type === type && other.unit === ours);
    this.#typeOf.push(known < 0 ? this.#types.push({ type, unit: ours }) - 1 : known);
    this.#factors.push(factor);
  }

  #add(index: number, stack: readonly number[], weight: number, context: SampleContext | undefined): void {
    const values = this.#types.map((_, type) => (type === this.#typeOf[index] ? weight * (this.#factors[index] ?? 1) : 0));
    this.#builder.add(stack.map((frame) => this.#frames[frame] ?? 0), values, context);
  }

  #sampled(profile: Json, index: number, context: SampleContext | undefined): void {
    const samples = profile.need('samples').list();
    const weights = profile.need('weights').weights();
    if (samples.length !== weights.length) profile.fail(`${samples.length} samples and ${weights.length} weights`);
    samples.forEach((sample, at) => { this.#add(index, sample.integers(0, this.#frames.length - 1), weights[at] ?? 0, context); });
  }

  /** The time between two events belongs to the stack that is open between them. */
  #evented(profile: Json, index: number, context: SampleContext | undefined): void {
    const stack: number[] = [];
    let now = profile.need('startValue').number();
    for (const event of profile.need('events').list()) {
      const at = event.need('at').number();
      if (at < now) event.fail(`at ${at}, before the event before it (${now})`);
      const frame = event.need('frame').number();
      if (!Number.isSafeInteger(frame) || frame < 0 || frame >= this.#frames.length) event.need('frame').fail(`there is no frame ${frame}`);
      if (at > now && stack.length > 0) this.#add(index, stack, at - now, context);
      now = at;
      const type = event.need('type').text();
      if (type === 'O') stack.push(frame);
      else if (type !== 'C') event.need('type').fail(`events are 'O' or 'C', not '${type}'`);
      else if (stack.pop() !== frame) event.fail(`frame ${frame} is closed and is not the innermost that is open`);
    }
    if (stack.length > 0) profile.fail(`${stack.length} frames are never closed`);
  }

  #meta(): ProfileMeta {
    const title = this.#file.at('name')?.text();
    const active = this.#file.at('activeProfileIndex')?.number() ?? 0;
    const value = this.#typeOf[active] ?? 0;
    const ours = this.#file.at('stapkit');
    const comparison = ours?.at('comparison');
    return {
      ...(title === undefined ? {} : { title }),
      ...(comparison === undefined || this.#types.length !== 2 ? {} : { comparison: { before: comparison.need('before').text(), after: comparison.need('after').text() } }),
      ...(value === 0 ? {} : { defaultValue: value }),
    };
  }
}

function readFrame(frame: Json): Frame {
  const [file, line, column, module, kind, address] = ['file', 'line', 'col', 'module', 'kind', 'address'].map((key) => frame.at(key));
  const kindText = kind?.text() ?? 'user';
  const place = (value: Json | undefined): number | undefined => { const number = value?.number(); return number !== undefined && Number.isSafeInteger(number) && number > 0 ? number : undefined; };
  const [row, col] = [place(line), place(column)];
  return {
    name: frame.need('name').text(),
    kind: FRAME_KINDS.find((known): known is FrameKind => known === kindText) ?? 'user',
    ...(module === undefined ? {} : { module: module.text() }),
    ...(file === undefined ? {} : { file: file.text() }),
    ...(row === undefined ? {} : { line: row }),
    ...(col === undefined ? {} : { column: col }),
    ...(address === undefined ? {} : { address: readAddress(address) }),
  };
}

export function readAddress(address: Json): bigint {
  const text = address.text();
  return /^0x[0-9a-f]{1,16}$/i.test(text) ? BigInt(text) : address.fail(`'${text}' is no address`);
}

/** Threads with their samples, in order of appearance. */
function byThread(samples: readonly Sample[]): [SampleContext | undefined, Sample[]][] {
  const threads = new Map<string, [SampleContext | undefined, Sample[]]>();
  for (const sample of samples) {
    const key = sample.context === undefined ? '' : threadName(sample.context);
    const known = threads.get(key);
    if (known === undefined) threads.set(key, [sample.context, [sample]]);
    else known[1].push(sample);
  }
  return threads.size === 0 ? [[undefined, []]] : [...threads.values()];
}

function write(profile: Profile, title: string, shown: number): string {
  const frames = profile.frames.map(({ name, kind, module, file, line, column, address }) => ({
    name, file, line, col: column,
    // The schema allows more than it names; speedscope passes over these.
    kind: kind === 'user' ? undefined : kind, module, address: address === undefined ? undefined : `0x${address.toString(16)}`,
  }));
  const threads = byThread(profile.samples);
  const profiles = profile.valueTypes.flatMap(({ type, unit }, value) => threads.map(([context, samples]) => {
    const weights = samples.map((sample) => sample.values[value] ?? 0);
    return {
      type: 'sampled', name: context === undefined ? type : threadName(context), unit: unit === 'count' ? 'none' : unit, valueType: type,
      startValue: 0, endValue: weights.reduce((sum, weight) => sum + weight, 0), samples: samples.map(({ stack }) => stack), weights,
    };
  }));
  const { comparison } = profile.meta;
  return JSON.stringify({ $schema: SCHEMA, name: title, exporter: 'stapkit flamegraph', activeProfileIndex: shown * threads.length, shared: { frames }, profiles, ...(comparison === undefined ? {} : { stapkit: { comparison } }) });
}

export const speedscopeReader: ProfileReader = {
  name: FORMAT,
  recognizes: (_bytes, text) => text.trimStart().startsWith('{') && (text.includes(SCHEMA) || (text.includes('"shared"') && text.includes('"frames"'))),
  read: (bytes) => new SpeedscopeReader(new Json(FORMAT, parseJson(FORMAT, textOf(FORMAT, bytes)))).read(),
};

export const speedscopeWriter: ProfileWriter = {
  name: 'speedscope',
  endings: ['.speedscope.json'],
  description: 'for speedscope.app and `npx speedscope`',
  write: (profile, { title, value }) => write(profile, title, value),
};
