/** Reads pprof's profile.proto (already unpacked). */
import { ProfileBuilder } from '../profile/profile-builder.js';
import { ProfileError } from '../profile/profile-error.js';
import type { Frame, FrameKind, Profile, ProfileMeta, SampleContext, Unit, ValueType } from '../profile/profile.js';
import { parseAnnotated } from './annotation.js';
import type { ProfileReader } from './format.js';
import { kindOfModule } from './modules.js';
import { FUNCTION, LABEL, LINE, LOCATION, MAPPING, META_COMMENTS, PROFILE, SAMPLE, VALUE_TYPE, type MetaComment } from './pprof-schema.js';
import { ProtoReader, type ProtoField } from './protobuf.js';

const FORMAT = 'pprof';
const fail = (place: string | undefined, problem: string, advice?: string): never => { throw new ProfileError(FORMAT, place, problem, advice); };

/** A message with its fields by number. */
class Message {
  readonly place: string;
  readonly #fields = new Map<number, ProtoField[]>();

  constructor(reader: ProtoReader) {
    this.place = reader.place;
    for (const field of reader.fields()) {
      const known = this.#fields.get(field.number);
      if (known === undefined) this.#fields.set(field.number, [field]);
      else known.push(field);
    }
  }

  /** The last one given wins, as protocol buffers have it. */
  integer(field: number): bigint {
    return this.#fields.get(field)?.at(-1)?.integer ?? 0n;
  }

  /** Of an int64; exact, or an error. */
  number(field: number): number {
    return toNumber(this.integer(field), this.place);
  }

  readers(field: number): ProtoReader[] {
    return (this.#fields.get(field) ?? []).map(({ bytes }) => bytes ?? fail(this.place, `field ${field} holds a number`));
  }

  messages(field: number): Message[] {
    return this.readers(field).map((reader) => new Message(reader));
  }

  /** Packed or one by one. */
  integers(field: number): bigint[] {
    return (this.#fields.get(field) ?? []).flatMap(({ bytes, integer }) => (bytes === undefined ? [integer] : [...bytes.varints()]));
  }
}

function toNumber(integer: bigint, place: string): number {
  const signed = BigInt.asIntN(64, integer);
  const value = Number(signed);
  if (BigInt(value) !== signed || !Number.isSafeInteger(value)) fail(place, `${signed} is too large a number`);
  return value;
}

interface Scaled extends ValueType {
  /** What a file's value is multiplied by. */
  readonly factor: number;
}

const UNITS: Readonly<Record<string, readonly [Unit, number]>> = {
  nanoseconds: ['nanoseconds', 1], ns: ['nanoseconds', 1], microseconds: ['nanoseconds', 1e3], us: ['nanoseconds', 1e3], milliseconds: ['nanoseconds', 1e6], ms: ['nanoseconds', 1e6], seconds: ['nanoseconds', 1e9], s: ['nanoseconds', 1e9],
  bytes: ['bytes', 1], byte: ['bytes', 1], kilobytes: ['bytes', 1024], kb: ['bytes', 1024], megabytes: ['bytes', 1024 ** 2], mb: ['bytes', 1024 ** 2],
};

class PprofReader {
  readonly #profile: Message;
  readonly #strings: readonly string[];
  readonly #functions = new Map<bigint, Message>();
  readonly #mappings = new Map<bigint, Message>();
  readonly #locations = new Map<bigint, Message>();
  /** By location id: indexes of its frames, outermost first. */
  readonly #frames = new Map<bigint, readonly number[]>();
  readonly #valueTypes: readonly Scaled[];
  readonly #builder: ProfileBuilder;
  readonly #unknownLabels = new Set<string>();

  constructor(bytes: Uint8Array) {
    this.#profile = new Message(new ProtoReader(FORMAT, bytes));
    this.#strings = this.#profile.readers(PROFILE.stringTable).map((reader) => reader.text());
    for (const [field, table] of [[PROFILE.function, this.#functions], [PROFILE.mapping, this.#mappings], [PROFILE.location, this.#locations]] as const)
      for (const message of this.#profile.messages(field)) table.set(message.integer(1), message);
    this.#valueTypes = this.#profile.messages(PROFILE.sampleType).map((message) => this.#valueType(message));
    if (this.#valueTypes.length === 0) fail(undefined, 'no type of value is declared: this is no profile, or its beginning is missing');
    this.#builder = new ProfileBuilder(this.#valueTypes.map(({ type, unit }) => ({ type, unit })));
  }

  read(): Profile {
    for (const sample of this.#profile.messages(PROFILE.sample)) this.#sample(sample);
    for (const message of this.#mappings.values()) {
      const [module, buildId] = [this.#string(message, MAPPING.filename), this.#string(message, MAPPING.buildId)];
      if (module !== '' && buildId !== '') this.#builder.buildId(module, buildId);
    }
    return this.#builder.build(this.#meta());
  }

  #string(message: Message, field: number): string {
    const index = message.integer(field);
    if (index === 0n) return '';
    return this.#strings[Number(index)] ?? fail(message.place, `there is no string ${index} in the table of ${this.#strings.length}`);
  }

  #valueType(message: Message): Scaled {
    const unit = this.#string(message, VALUE_TYPE.unit);
    const [ours, factor] = UNITS[unit] ?? (['count', 1] as const);
    return { type: this.#string(message, VALUE_TYPE.type) || 'samples', unit: ours, factor };
  }

  #sample(sample: Message): void {
    const raw = sample.integers(SAMPLE.value);
    if (raw.length !== this.#valueTypes.length) fail(sample.place, `a sample with ${raw.length} values where ${this.#valueTypes.length} are declared`);
    const values = raw.map((value, index) => toNumber(value, sample.place) * (this.#valueTypes[index]?.factor ?? 1));
    if (values.some((value) => value < 0)) fail(sample.place, 'a sample has a negative value: this is the difference of two profiles', 'give the two profiles to --diff');
    const stack = sample.integers(SAMPLE.locationId).reverse().flatMap((id) => this.#framesOf(id, sample));
    const { context, timeNs } = this.#labels(sample);
    this.#builder.add(stack, values, context, timeNs);
  }

  #framesOf(id: bigint, sample: Message): readonly number[] {
    const known = this.#frames.get(id);
    if (known !== undefined) return known;
    const location = this.#locations.get(id) ?? fail(sample.place, `there is no location ${id}`);
    const mappingId = location.integer(LOCATION.mappingId);
    const mapping = this.#mappings.get(mappingId) ?? (mappingId === 0n ? undefined : fail(location.place, `there is no mapping ${mappingId}`));
    const module = mapping === undefined ? '' : this.#string(mapping, MAPPING.filename);
    const address = location.integer(LOCATION.address);
    const place = { ...(module === '' ? {} : { module }), ...(address === 0n ? {} : { address }) };
    const lines = location.messages(LOCATION.line).reverse();
    const frames = lines.length === 0 ? [this.#builder.frame({ name: '', kind: kindOfModule(place.module), ...place })] : lines.map((line, index) => this.#builder.frame(this.#frame(line, index > 0, place)));
    this.#frames.set(id, frames);
    return frames;
  }

  #frame(line: Message, inlined: boolean, place: Pick<Frame, 'module' | 'address'>): Frame {
    const functionId = line.integer(LINE.functionId);
    const fn = this.#functions.get(functionId) ?? fail(line.place, `there is no function ${functionId}`);
    const [name, systemName, file] = [this.#string(fn, FUNCTION.name), this.#string(fn, FUNCTION.systemName), this.#string(fn, FUNCTION.filename)];
    const annotated = parseAnnotated(systemName);
    const kind: FrameKind = inlined ? 'inlined' : annotated.kind === 'user' ? kindOfModule(place.module) : annotated.kind;
    const [row, column] = [line.number(LINE.line), line.number(LINE.column)];
    return { name: name === '' ? annotated.name : name, kind, ...place, ...(file === '' ? {} : { file }), ...(row > 0 ? { line: row } : {}), ...(column > 0 ? { column } : {}) };
  }

  #labels(sample: Message): { readonly context?: SampleContext; readonly timeNs?: number } {
    const context: { command?: string; pid?: number; tid?: number; cpu?: number } = {};
    let timeNs: number | undefined;
    for (const label of sample.messages(SAMPLE.label)) {
      const key = this.#string(label, LABEL.key);
      const text = this.#string(label, LABEL.str);
      const number = text === '' ? label.number(LABEL.num) : Number(text);
      if (key === 'comm' || key === 'command' || key === 'process_name' || (key === 'thread_name' && context.command === undefined)) context.command = text;
      else if (key === 'time' && number >= 0) timeNs = number;
      else if ((key === 'pid' || key === 'process_id') && Number.isSafeInteger(number)) context.pid = number;
      else if ((key === 'tid' || key === 'thread_id') && Number.isSafeInteger(number)) context.tid = number;
      else if (key === 'cpu' && Number.isSafeInteger(number)) context.cpu = number;
      else this.#unknownLabels.add(key);
    }
    return { ...(Object.keys(context).length === 0 ? {} : { context }), ...(timeNs === undefined ? {} : { timeNs }) };
  }

  #meta(): ProfileMeta {
    const [timeNanos, durationNs, period] = [this.#profile.integer(PROFILE.timeNanos), this.#profile.number(PROFILE.durationNanos), this.#profile.number(PROFILE.period)];
    const [periodType] = this.#profile.messages(PROFILE.periodType).map((message) => this.#valueType(message));
    const comments = this.#profile.integers(PROFILE.comment).map((index) => this.#strings[Number(index)] ?? fail(undefined, `there is no string ${index} for a comment`));
    const notes = [...comments];
    const fact = (key: MetaComment): string | undefined => {
      const form = key === 'lost' ? /^\w+: \d+$/ : /^/;
      const at = notes.findIndex((note) => note.startsWith(`${key}: `) && form.test(note));
      return at < 0 ? undefined : notes.splice(at, 1)[0]?.slice(key.length + 2);
    };
    const texts = Object.fromEntries(META_COMMENTS.map((key) => [key, fact(key)])) as Record<MetaComment, string | undefined>;
    const { before, after, lost, ...plain } = texts;
    if (this.#unknownLabels.size > 0) notes.push(`labels that are not shown: ${[...this.#unknownLabels].join(', ')}`);
    const value = this.#defaultValue();
    return {
      ...Object.fromEntries(Object.entries(plain).filter(([, text]) => text !== undefined)),
      ...(plain.event === undefined && periodType !== undefined ? { event: periodType.type } : {}),
      ...(period > 0 ? { period: period * (periodType?.factor ?? 1), periodUnit: periodType?.unit ?? 'count' } : {}),
      ...(timeNanos > 0n ? { startTime: Number(BigInt.asIntN(64, timeNanos)) / 1e6 } : {}),
      ...(durationNs > 0 ? { durationNs } : {}),
      ...(lost === undefined ? {} : { lost: Number(lost) }),
      ...(before === undefined || after === undefined || this.#valueTypes.length !== 2 ? {} : { comparison: { before, after } }),
      ...(notes.length === 0 ? {} : { notes }),
      ...(value === 0 ? {} : { defaultValue: value }),
    };
  }

  /** As pprof chooses: the one named, else the last. */
  #defaultValue(): number {
    const wanted = this.#string(this.#profile, PROFILE.defaultSampleType);
    const named = this.#valueTypes.findIndex(({ type }) => type === wanted);
    return named < 0 ? this.#valueTypes.length - 1 : named;
  }
}

export const pprofReader: ProfileReader = {
  name: FORMAT,
  // A message whose first field is sample_type (0x0a), sample (0x12) … or comments: none of these begins a text.
  recognizes: (bytes, text) => bytes.length > 0 && (/^[\n\x12\x1a"*2JPZ`hp]/.test(text) && /[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text)),
  read: (bytes) => new PprofReader(bytes).read(),
};
