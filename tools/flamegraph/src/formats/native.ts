/** A profile as bytes without loss (but for an address of 0, which is none): what the page carries, gzipped, and what is read back from a page. */
import { treeOf, type CallTree } from '../profile/call-tree.js';
import { ROOT_FUNCTION, type TreeFunction } from '../profile/functions.js';
import type { PackedFrames, PackedProfile } from '../profile/packed-profile.js';
import { ProfileError } from '../profile/profile-error.js';
import { FRAME_KINDS, UNKNOWN, type ProfileMeta, type SampleContext, type Unit, type ValueType } from '../profile/profile.js';
import { ColumnReader, ColumnWriter } from './columns.js';
import type { Json } from './json.js';

const FORMAT = 'flamegraph page';
export const NATIVE_FORMAT = 'stapkit-profile';
const VERSION = 2;
const UNITS: readonly Unit[] = ['count', 'nanoseconds', 'bytes'];
const META_TEXTS = ['title', 'event', 'command', 'host', 'kernel'] as const;
const META_NUMBERS = ['period', 'startTime', 'durationNs', 'lost', 'defaultValue'] as const;
const LARGEST_INDEX = 0x7fff_ffff;

/** @param first the tree of the view that a page opens with: it need not be made there */
export function encodeProfile(profile: PackedProfile, first?: CallTree): Uint8Array<ArrayBuffer> {
  const { valueTypes, meta, buildIds, functions, files, frames, stacks, samples, contexts, totals } = profile;
  // Not the root, which is always the same.
  const own = functions.slice(1);
  const modules = [...new Set(own.flatMap(({ module }) => module ?? []))];
  const moduleIds = new Map(modules.map((module, index) => [module, index]));
  const columns = new ColumnWriter()
    .texts('functions.name', own.map(({ name }) => name))
    .numbers('functions.kind', Int32Array.from(own, ({ kind }) => (kind === 'process' ? 0 : FRAME_KINDS.indexOf(kind))))
    .numbers('functions.module', Int32Array.from(own, ({ module }) => (module === undefined ? -1 : (moduleIds.get(module) ?? -1))))
    .texts('modules', modules).texts('files', files)
    .numbers('frames.function', frames.fn).numbers('frames.file', frames.file).numbers('frames.line', frames.line).numbers('frames.column', frames.column).longs('frames.address', frames.address)
    .numbers('stacks.distance', distances(stacks.parent)).numbers('stacks.frame', stacks.frame)
    .numbers('samples.stack', samples.stack).numbers('samples.context', samples.context).numbers('samples.time', samples.time);
  samples.values.forEach((values, index) => { columns.numbers(`samples.value${index}`, values); });
  if (first !== undefined) {
    columns.numbers('tree.function', first.fn).numbers('tree.distance', distances(first.parent)).numbers('tree.frame', first.frame).numbers('tree.frames', first.frames).numbers('tree.self', first.self);
    if (first.other !== undefined) columns.numbers('tree.other', first.other.self);
  }
  return columns.finish({ format: NATIVE_FORMAT, version: VERSION, meta, valueTypes, totals, buildIds: Object.fromEntries(buildIds), contexts });
}

/** How far after its parent a node stands: small numbers. */
const distances = (parent: Int32Array): Int32Array => parent.map((up, node) => node - up);

/** -1 for what has no parent. */
function decodeParents(file: ColumnReader, name: string, length: number): Int32Array {
  const parent = file.indexes(name, 1, LARGEST_INDEX, length);
  for (let node = 0; node < parent.length; node += 1) parent[node] = Math.max(-1, node - (parent[node] ?? 0));
  return parent;
}

/** The tree that was given to encodeProfile; undefined when none was. @param functions what its numbers mean */
export function decodeTree(file: ColumnReader, functions: readonly TreeFunction[]): CallTree | undefined {
  if (!file.has('tree.function')) return undefined;
  const fn = file.indexes('tree.function', 0, functions.length - 1);
  const parent = decodeParents(file, 'tree.distance', fn.length);
  if (parent.length === 0 || parent.lastIndexOf(-1) !== 0) throw new ProfileError(FORMAT, 'tree.distance', 'it has not one root');
  return treeOf({
    fn, parent, frame: file.indexes('tree.frame', -1, LARGEST_INDEX, fn.length), frames: file.indexes('tree.frames', 0, LARGEST_INDEX, fn.length), self: file.numbers('tree.self', 0, fn.length),
    otherSelf: file.has('tree.other') ? file.numbers('tree.other', 0, fn.length) : undefined,
  }, functions);
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

function decodeFunctions(file: ColumnReader): TreeFunction[] {
  const names = file.texts('functions.name');
  const modules = file.texts('modules');
  const kinds = file.indexes('functions.kind', 0, FRAME_KINDS.length - 1, names.length);
  const ofModule = file.indexes('functions.module', -1, modules.length - 1, names.length);
  const functions = new Array<TreeFunction>(names.length + 1);
  functions[0] = ROOT_FUNCTION;
  for (let index = 0; index < names.length; index += 1) {
    const [name, kind, module] = [names[index] || UNKNOWN, FRAME_KINDS[kinds[index] ?? 0] ?? 'user', modules[ofModule[index] ?? -1]];
    functions[index + 1] = module === undefined ? { name, kind } : { name, kind, module };
  }
  return functions;
}

function decodeFrames(file: ColumnReader, functions: number, files: number): PackedFrames {
  const fn = file.indexes('frames.function', 1, functions - 1);
  const count = fn.length;
  return { fn, file: file.indexes('frames.file', -1, files - 1, count), line: file.numbers('frames.line', 0, count), column: file.numbers('frames.column', 0, count), address: file.longs('frames.address', count) };
}

function decodeStacks(file: ColumnReader, frames: number): PackedProfile['stacks'] {
  const frame = file.indexes('stacks.frame', 0, frames - 1);
  return { parent: decodeParents(file, 'stacks.distance', frame.length), frame };
}

function decodeSamples(file: ColumnReader, values: number, stacks: number, contexts: number): PackedProfile['samples'] {
  const stack = file.indexes('samples.stack', -1, stacks - 1);
  return {
    stack, values: Array.from({ length: values }, (_, index) => file.numbers(`samples.value${index}`, 0, stack.length)),
    context: file.indexes('samples.context', -1, contexts - 1, stack.length), time: file.numbers('samples.time', -1, stack.length),
  };
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** The bytes of encodeProfile. Throws ProfileError for all else. */
export const openProfile = (bytes: Uint8Array): ColumnReader => new ColumnReader(FORMAT, bytes);

/**
 * The inverse of encodeProfile. Frames, stacks and samples are decoded when they are asked for: a page that shows its first view
 * needs none of them. Throws ProfileError, also then.
 */
export function decodeProfile(file: ColumnReader): PackedProfile {
  const { head } = file;
  if (head.need('format').value !== NATIVE_FORMAT) head.need('format').fail(`'${NATIVE_FORMAT}' is wanted`);
  if (head.need('version').number() !== VERSION) head.need('version').fail(`version ${VERSION} is wanted`);
  const valueTypes = head.need('valueTypes').list().map((type): ValueType => ({ type: type.need('type').text(), unit: unitOf(type.need('unit')) }));
  if (valueTypes.length === 0) head.need('valueTypes').fail('there is no type of value');
  const contexts = head.need('contexts').list().map(decodeContext);
  const totals = head.need('totals').list().map((total) => total.number());
  if (totals.length !== valueTypes.length) head.need('totals').fail(`${totals.length} totals of ${valueTypes.length} values`);
  const buildIds = head.need('buildIds');
  const meta = decodeMeta(head.need('meta'));
  if (meta.comparison !== undefined && valueTypes.length !== 2) head.need('meta').fail('a comparison has two types of value');
  const functions = decodeFunctions(file);
  const files = lazily(() => file.texts('files'));
  const frames = lazily(() => decodeFrames(file, functions.length, files().length));
  const stacks = lazily(() => decodeStacks(file, frames().fn.length));
  const samples = lazily(() => decodeSamples(file, valueTypes.length, stacks().parent.length, contexts.length));
  return {
    valueTypes, meta, functions, contexts, totals, buildIds: new Map(Object.keys(buildIds.value as object).map((module) => [module, buildIds.need(module).text()])),
    prepare: () => { samples(); },
    get files() { return files(); }, get frames() { return frames(); }, get stacks() { return stacks(); }, get samples() { return samples(); },
  };
}
