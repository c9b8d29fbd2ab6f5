/**
 * A profile as JSON without loss: what the page carries, and what is read back from a page. Columns of numbers; stacks as
 * a tree, so that callers in common are stored once.
 */
import { FRAME_KINDS, UNKNOWN, type Frame, type Profile, type ProfileMeta, type Sample, type SampleContext, type Unit, type ValueType } from '../profile/profile.js';
import { Json } from './json.js';

const FORMAT = 'flamegraph page';
export const NATIVE_FORMAT = 'stapkit-profile';
const VERSION = 1;
const UNITS: readonly Unit[] = ['count', 'nanoseconds', 'bytes'];
const META_TEXTS = ['title', 'event', 'command', 'host', 'kernel'] as const;
const META_NUMBERS = ['period', 'startTime', 'durationNs', 'lost', 'truncated', 'unwindFailures', 'defaultValue'] as const;

/** Texts by number; -1 for none. */
class Texts {
  readonly list: string[] = [];
  readonly #ids = new Map<string, number>();

  id(text: string | undefined): number {
    if (text === undefined) return -1;
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#ids.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}

/** Empty when all are the same as the default. */
function column<T>(values: readonly T[], none: T): readonly T[] {
  return values.every((value) => value === none) ? [] : values;
}

function encodeStacks(samples: readonly Sample[], frames: number): { readonly parent: number[]; readonly frame: number[]; readonly ofSample: number[] } {
  const [parent, frame]: [number[], number[]] = [[], []];
  const ids = new Map<number, number>();
  const ofSample = samples.map(({ stack }) => {
    let node = -1;
    for (const index of stack) {
      const key = (node + 1) * frames + index;
      const known = ids.get(key);
      if (known === undefined) {
        ids.set(key, parent.length);
        frame.push(index);
        node = parent.push(node) - 1;
      } else node = known;
    }
    return node;
  });
  return { parent, frame, ofSample };
}

/** Something for JSON.stringify. */
export function encodeProfile(profile: Profile): object {
  const texts = new Texts();
  const { frames, samples } = profile;
  const contexts: SampleContext[] = [];
  const contextIds = new Map<SampleContext, number>();
  const contextOf = (context: SampleContext | undefined): number => {
    if (context === undefined) return -1;
    const known = contextIds.get(context) ?? contexts.push(context) - 1;
    contextIds.set(context, known);
    return known;
  };
  const stacks = encodeStacks(samples, frames.length);
  const encoded = {
    name: frames.map(({ name }) => texts.id(name)),
    kind: column(frames.map(({ kind }) => FRAME_KINDS.indexOf(kind)), 0),
    module: column(frames.map(({ module }) => texts.id(module)), -1),
    file: column(frames.map(({ file }) => texts.id(file)), -1),
    line: column(frames.map(({ line }) => line ?? 0), 0),
    column: column(frames.map(({ column: at }) => at ?? 0), 0),
    address: column(frames.map(({ address }) => address?.toString(16) ?? ''), ''),
  };
  return {
    format: NATIVE_FORMAT, version: VERSION, meta: profile.meta, valueTypes: profile.valueTypes, buildIds: Object.fromEntries(profile.buildIds), frames: encoded,
    stacks: { parent: stacks.parent, frame: stacks.frame },
    samples: { stack: stacks.ofSample, values: profile.valueTypes.map((_, value) => samples.map(({ values }) => values[value] ?? 0)), context: column(samples.map(({ context }) => contextOf(context)), -1), time: column(samples.map(({ timeNs }) => timeNs ?? -1), -1) },
    contexts, texts: texts.list,
  };
}

/** A column as long as wanted, or left out. */
function decodeColumn<T>(table: Json, key: string, length: number, none: T, read: (column: Json) => T[]): T[] {
  const json = table.need(key);
  const values = read(json);
  if (values.length === 0) return new Array<T>(length).fill(none);
  return values.length === length ? values : json.fail(`${values.length} entries where ${length} are wanted`);
}

function decodeFrames(file: Json): Frame[] {
  const table = file.need('frames');
  const texts = file.need('texts').texts();
  const textIds = (json: Json): number[] => json.integers(-1, texts.length - 1);
  const names = table.need('name').integers(0, texts.length - 1);
  const numbers = (key: string): number[] => decodeColumn(table, key, names.length, 0, (json) => json.integers(0, Number.MAX_SAFE_INTEGER));
  const kinds = decodeColumn(table, 'kind', names.length, 0, (json) => json.integers(0, FRAME_KINDS.length - 1));
  const [modules, files] = ['module', 'file'].map((key) => decodeColumn(table, key, names.length, -1, textIds));
  const [lines, columns] = [numbers('line'), numbers('column')];
  const addresses = decodeColumn(table, 'address', names.length, '', (json) => json.texts(/^[0-9a-f]{0,16}$/));
  return names.map((name, index): Frame => {
    // A hundred thousand of them: what is there is put in, without an object for each that is not.
    const frame: { -readonly [Key in keyof Frame]: Frame[Key] } = { name: texts[name] || UNKNOWN, kind: FRAME_KINDS[kinds[index] ?? 0] ?? 'user' };
    const [module, source, line, at, address] = [texts[modules?.[index] ?? -1], texts[files?.[index] ?? -1], lines[index] ?? 0, columns[index] ?? 0, addresses[index] ?? ''];
    if (module !== undefined) frame.module = module;
    if (source !== undefined) frame.file = source;
    if (line !== 0) frame.line = line;
    if (at !== 0) frame.column = at;
    if (address !== '') frame.address = BigInt(`0x${address}`);
    return frame;
  });
}

function decodeMeta(meta: Json): ProfileMeta {
  const comparison = meta.at('comparison');
  const notes = meta.at('notes');
  const periodUnit = meta.at('periodUnit');
  const texts = META_TEXTS.flatMap((key) => { const value = meta.at(key); return value === undefined ? [] : [[key, value.text()] as const]; });
  const numbers = META_NUMBERS.flatMap((key) => { const value = meta.at(key); return value === undefined ? [] : [[key, value.number()] as const]; });
  const facts: ProfileMeta = Object.fromEntries<string | number>([...texts, ...numbers]);
  return {
    ...facts,
    ...(periodUnit === undefined ? {} : { periodUnit: unitOf(periodUnit) }),
    ...(comparison === undefined ? {} : { comparison: { before: comparison.need('before').text(), after: comparison.need('after').text() } }),
    ...(notes === undefined ? {} : { notes: notes.list().map((note) => note.text()) }),
  };
}

function unitOf(json: Json): Unit {
  const text = json.text();
  return UNITS.find((unit) => unit === text) ?? json.fail(`'${text}' is no unit`);
}

function decodeContext(json: Json): SampleContext {
  const command = json.at('command')?.text();
  const ids = ['pid', 'tid', 'cpu'].flatMap((key) => { const id = json.at(key)?.number(); return id === undefined ? [] : [[key, id] as const]; });
  return { ...(command === undefined ? {} : { command }), ...Object.fromEntries(ids) };
}

/** The stack of each node of the stored tree that a sample asks for. */
function stackReader(stacks: Json, frames: number): { readonly count: number; readonly stackOf: (node: number) => number[] } {
  const frame = stacks.need('frame').integers(0, frames - 1);
  const json = stacks.need('parent');
  const parent = json.integers(-1, frame.length - 1);
  if (parent.length !== frame.length) json.fail(`${parent.length} entries where ${frame.length} are wanted`);
  parent.forEach((up, node) => { if (up >= node) json.fail(`entry ${node} does not stand after its caller`); });
  const depth = new Uint32Array(parent.length);
  parent.forEach((up, node) => { depth[node] = (up < 0 ? 0 : (depth[up] ?? 0)) + 1; });
  const stackOf = (node: number): number[] => {
    const stack = new Array<number>(depth[node] ?? 0);
    for (let at = node, place = stack.length - 1; at >= 0; at = parent[at] ?? -1, place -= 1) stack[place] = frame[at] ?? 0;
    return stack;
  };
  return { count: frame.length, stackOf };
}

/** The inverse of encodeProfile, for JSON.parse's result. Throws ProfileError for all else. */
export function decodeProfile(value: unknown): Profile {
  const file = new Json(FORMAT, value);
  if (file.need('format').value !== NATIVE_FORMAT) file.need('format').fail(`'${NATIVE_FORMAT}' is wanted`);
  if (file.need('version').number() !== VERSION) file.need('version').fail(`version ${VERSION} is wanted`);
  const types = file.need('valueTypes').list().map((type): ValueType => ({ type: type.need('type').text(), unit: unitOf(type.need('unit')) }));
  if (types.length === 0) file.need('valueTypes').fail('there is no type of value');
  const frames = decodeFrames(file);
  const { count, stackOf } = stackReader(file.need('stacks'), frames.length);
  const contexts = file.need('contexts').list().map(decodeContext);
  const samples = file.need('samples');
  const stacks = samples.need('stack').integers(-1, count - 1);
  const values = samples.need('values').list().map((list) => (list.items().length === stacks.length ? list.weights() : list.fail(`${list.items().length} values for ${stacks.length} samples`)));
  if (values.length !== types.length) samples.need('values').fail(`${values.length} columns for ${types.length} types`);
  const context = decodeColumn(samples, 'context', stacks.length, -1, (json) => json.integers(-1, contexts.length - 1));
  const times = decodeColumn(samples, 'time', stacks.length, -1, (json) => json.integers(-1, Number.MAX_SAFE_INTEGER));
  // Equal frames and stacks were made one before they were written: nothing has to be looked for.
  const decoded = stacks.map((stack, index): Sample => {
    const [time, ran] = [times[index] ?? -1, contexts[context[index] ?? -1]];
    const sample = { stack: stackOf(stack), values: values.map((list) => list[index] ?? 0) };
    if (ran === undefined && time < 0) return sample;
    return { ...sample, ...(ran === undefined ? {} : { context: ran }), ...(time < 0 ? {} : { timeNs: time }) };
  });
  const buildIds = file.need('buildIds');
  const meta = decodeMeta(file.need('meta'));
  if (meta.comparison !== undefined && types.length !== 2) file.need('meta').fail('a comparison has two types of value');
  return { valueTypes: types, frames, samples: decoded, meta, buildIds: new Map(Object.keys(buildIds.value as object).map((module) => [module, buildIds.need(module).text()])) };
}
