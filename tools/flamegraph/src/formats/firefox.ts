/**
 * Firefox Profiler's processed profile, version 48; profiler.firefox.com upgrades older versions by itself.
 * https://github.com/firefox-devtools/profiler/blob/main/docs-developer/CHANGELOG-formats.md
 */
import { tintOf, type Tint } from '../profile/functions.js';
import type { Frame, Profile } from '../profile/profile.js';
import type { ProfileWriter } from './format.js';
import { timelinesOf, type ThreadTimeline } from './timeline.js';

const CATEGORIES: readonly (readonly [Tint, string, string])[] = [['user', 'User', 'yellow'], ['cxx', 'C++ and Rust', 'green'], ['kernel', 'Kernel', 'orange'], ['jit', 'JIT', 'blue'], ['inlined', 'Inlined', 'lightblue']];
const LIBRARY = 1;

type Cell = number | string | boolean | null;
/** A table as columns of equal length. */
class Columns<Name extends string> {
  readonly #columns: Record<Name, Cell[]>;
  length = 0;

  constructor(...names: readonly Name[]) {
    this.#columns = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Cell[]>;
  }

  add(row: Readonly<Record<Name, Cell>>): number {
    for (const name of Object.keys(row) as Name[]) this.#columns[name].push(row[name]);
    return (this.length += 1) - 1;
  }

  json(): Readonly<Record<string, unknown>> {
    return { ...this.#columns, length: this.length };
  }
}

/** A map that makes what it lacks. */
function memo<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const value = known.get(key);
    if (value !== undefined) return value;
    const made = make(key);
    known.set(key, made);
    return made;
  };
}

/** Modules are shared by all threads. */
class Libraries {
  readonly list: object[] = [];
  readonly index: (path: string) => number;

  constructor(buildIds: ReadonlyMap<string, string>) {
    this.index = memo((path) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      return this.list.push({ arch: null, name, path, debugName: name, debugPath: path, breakpadId: '', codeId: buildIds.get(path) ?? null }) - 1;
    });
  }
}

/** Tables of one thread: strings, functions, frames, stacks, samples refer to each other by index. */
class ThreadTables {
  readonly #profile: Profile;
  readonly #strings: string[] = [];
  readonly #string = memo((text: string) => this.#strings.push(text) - 1);
  readonly #resources = new Columns('lib', 'name', 'host', 'type');
  readonly #functions = new Columns('isJS', 'relevantForJS', 'name', 'resource', 'fileName', 'lineNumber', 'columnNumber');
  readonly #frames = new Columns('address', 'inlineDepth', 'category', 'subcategory', 'func', 'nativeSymbol', 'innerWindowID', 'implementation', 'line', 'column');
  readonly #stacks = new Columns('frame', 'category', 'subcategory', 'prefix');
  readonly #resource: (module: string) => number;
  readonly #frame = memo((frame: number) => this.#addFrame(frame));
  readonly #functionIds = new Map<string, number>();
  readonly #stackIds = new Map<string, number>();

  constructor(profile: Profile, libraries: Libraries) {
    this.#profile = profile;
    this.#resource = memo((module) => this.#resources.add({ lib: libraries.index(module), name: this.#string(module.slice(module.lastIndexOf('/') + 1)), host: null, type: LIBRARY }));
  }

  stack(frames: readonly number[]): number | null {
    let prefix: number | null = null;
    for (const frame of frames) {
      const key: string = `${prefix ?? ''},${frame}`;
      const known = this.#stackIds.get(key);
      const { index, category } = this.#frame(frame);
      const stack: number = known ?? this.#stacks.add({ frame: index, category, subcategory: 0, prefix });
      if (known === undefined) this.#stackIds.set(key, stack);
      prefix = stack;
    }
    return prefix;
  }

  json(): object {
    return {
      frameTable: this.#frames.json(), funcTable: this.#functions.json(), stackTable: this.#stacks.json(), resourceTable: this.#resources.json(),
      nativeSymbols: new Columns('libIndex', 'address', 'name', 'functionSize').json(), stringArray: this.#strings,
    };
  }

  #addFrame(frame: number): { readonly index: number; readonly category: number } {
    const { name, kind, module, file, line, column } = this.#profile.frames[frame] ?? ({ name: '', kind: 'user' } satisfies Frame);
    const category = CATEGORIES.findIndex(([tint]) => tint === tintOf({ name, kind }));
    const key = `${name}\0${module ?? ''}\0${file ?? ''}`;
    const known = this.#functionIds.get(key);
    const func = known ?? this.#functions.add({
      isJS: false, relevantForJS: kind === 'jit', name: this.#string(name), resource: module === undefined ? -1 : this.#resource(module),
      fileName: file === undefined ? null : this.#string(file), lineNumber: null, columnNumber: null,
    });
    this.#functionIds.set(key, func);
    // Names are known already: -1 says that there is no address to look up.
    const index = this.#frames.add({ address: -1, inlineDepth: 0, category, subcategory: 0, func, nativeSymbol: null, innerWindowID: 0, implementation: null, line: line ?? null, column: column ?? null });
    return { index, category };
  }
}

function thread(profile: Profile, { context, slices }: ThreadTimeline, value: number, libraries: Libraries, number: number): object {
  const tables = new ThreadTables(profile, libraries);
  const unit = profile.valueTypes[value]?.unit;
  const { command = 'all', pid, tid } = context ?? {};
  return {
    processType: 'default', processStartupTime: 0, processShutdownTime: null, registerTime: 0, unregisterTime: null, pausedRanges: [],
    name: command, processName: command, isMainThread: pid === undefined || pid === tid, pid: String(pid ?? tid ?? 0), tid: tid ?? pid ?? number,
    samples: {
      stack: slices.map(({ stack }) => tables.stack(stack)), time: slices.map(({ start }) => start / 1e6),
      weight: slices.map(({ weight }) => (unit === 'nanoseconds' ? weight / 1e6 : weight)), weightType: unit === 'bytes' ? 'bytes' : unit === 'nanoseconds' ? 'tracing-ms' : 'samples', length: slices.length,
    },
    markers: new Columns('data', 'name', 'startTime', 'endTime', 'phase', 'category').json(),
    ...tables.json(),
  };
}

function write(profile: Profile, value: number, title: string): string {
  const { threads } = timelinesOf(profile, value);
  const { meta } = profile;
  const libraries = new Libraries(profile.buildIds);
  const interval = meta.periodUnit === 'nanoseconds' && meta.period !== undefined ? meta.period / 1e6 : 1;
  return JSON.stringify({
    meta: {
      interval, startTime: meta.startTime ?? 0, processType: 0, product: title, stackwalk: 1, debug: false, version: 29, preprocessedProfileVersion: 48, symbolicated: true, usesOnlyOneStackType: true,
      sourceCodeIsNotOnSearchfox: true, ...(meta.kernel === undefined ? {} : { oscpu: `Linux ${meta.kernel}` }), importedFrom: 'stapkit flamegraph',
      categories: CATEGORIES.map(([, name, color]) => ({ name, color, subcategories: ['Other'] })), markerSchema: [],
    },
    threads: threads.map((timeline, index) => thread(profile, timeline, value, libraries, index)),
    libs: libraries.list,
    pages: [],
  });
}

export const firefoxWriter: ProfileWriter = {
  name: 'firefox',
  endings: ['.firefox.json'],
  description: 'for profiler.firefox.com',
  write: (profile, { value, title }) => write(profile, value, title),
};
