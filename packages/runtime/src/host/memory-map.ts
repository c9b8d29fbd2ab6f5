/** Maps in this process's own memory, for scripts without a kernel side: same interface, no bpf(2), no privileges. */
import type { GlobalStorage, MapMetadata, ObjectMetadata } from '@stapkit/object';
import { SESSION } from '@stapkit/object';
import type { BpfMap, UpdateOutcome } from '../bpf/map.js';
import { InternalError } from '../format/script-error.js';

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** Values of array maps exist from the start, as the kernel's do; arrays are of one possible CPU. */
export class MemoryMap implements BpfMap {
  readonly metadata: MapMetadata;
  readonly fd = -1;
  readonly memory?: ArrayBuffer;
  private readonly contents = new Map<string, Entry>();
  private readonly possibleCpus: number;

  /** @param possibleCpus that an entry of a per-CPU hash has values of */
  constructor(metadata: MapMetadata, possibleCpus = 1) {
    this.metadata = metadata;
    this.possibleCpus = possibleCpus;
    if (metadata.type === 'ringbuf') throw new InternalError(`map "${metadata.name}" needs the kernel`);
    if (!this.isArray()) return;
    const stride = this.stride();
    this.memory = new ArrayBuffer(stride * metadata.maxEntries);
    for (let index = 0; index < metadata.maxEntries; index += 1) {
      const key = new Uint8Array(Uint32Array.of(index).buffer);
      this.contents.set(keyText(key), { key, value: new Uint8Array(this.memory, index * stride, stride) });
    }
  }

  private isArray(): boolean {
    return this.metadata.type === 'array' || this.metadata.type === 'percpu_array';
  }

  private stride(): number {
    return (this.metadata.valueBytes + 7) & ~7;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    const entry = this.contents.get(keyText(key));
    return entry === undefined ? undefined : new Uint8Array(entry.value);
  }

  update(key: Uint8Array, value: Uint8Array, mode: 'any' | 'create' | 'existing'): UpdateOutcome {
    const text = keyText(key);
    const present = this.contents.get(text);
    if (present !== undefined) {
      if (mode === 'create') return 'exists';
      present.value.set(value.subarray(0, present.value.length));
      return 'ok';
    }
    if (mode === 'existing') return 'absent';
    if (this.contents.size >= this.metadata.maxEntries) {
      if (this.metadata.type !== 'lru_hash') return 'full';
      const oldest = this.contents.keys().next();
      if (oldest.done !== true) this.contents.delete(oldest.value);
    }
    const copy = new Uint8Array(this.stride() * (this.metadata.type === 'percpu_hash' ? this.possibleCpus : 1));
    copy.set(value.subarray(0, copy.length));
    this.contents.set(text, { key: new Uint8Array(key), value: copy });
    return 'ok';
  }

  delete(key: Uint8Array): boolean {
    return !this.isArray() && this.contents.delete(keyText(key));
  }

  entries(): readonly Entry[] {
    return Array.from(this.contents.values(), ({ key, value }) => ({ key, value: new Uint8Array(value) }));
  }

  close(): void {
    this.contents.clear();
  }
}

function mapOfStorage(storage: GlobalStorage, maxEntries: number): MapMetadata | undefined {
  switch (storage.kind) {
    case 'slot': case 'striped': return undefined;
    case 'per-cpu':
      return { name: storage.map, type: 'percpu_array', keyBytes: 4, valueBytes: storage.offset + storage.layout.bytes, maxEntries: 1, flags: 0 };
    case 'hash':
      return { name: storage.map, type: storage.perCpu ? 'percpu_hash' : 'hash', keyBytes: storage.keyBytes, valueBytes: storage.valueBytes, maxEntries, flags: 0 };
    default: return storage satisfies never;
  }
}

/** The maps of an object, all in memory: those that it declares, and those that its globals' storage names. */
export function createMemoryMaps(metadata: ObjectMetadata): Map<string, BpfMap> {
  const wanted = new Map<string, MapMetadata>();
  for (const map of metadata.maps) if (map.type !== 'ringbuf') wanted.set(map.name, map);
  let globalsBytes: number = SESSION.size;
  for (const global of metadata.globals) {
    if (global.storage.kind === 'slot') {
      globalsBytes = Math.max(globalsBytes, global.storage.offset + global.storage.bytes);
      continue;
    }
    if (global.storage.kind === 'striped') {
      globalsBytes = Math.max(globalsBytes, global.storage.offset + global.storage.stripes * global.storage.stride);
      continue;
    }
    const maxEntries = (global.kind === 'array' ? global.maxEntries : undefined) ?? metadata.limits.MAXMAPENTRIES;
    const map = mapOfStorage(global.storage, maxEntries);
    const known = map === undefined ? undefined : wanted.get(map.name);
    if (map !== undefined && (known === undefined || known.valueBytes < map.valueBytes)) wanted.set(map.name, known === undefined ? map : { ...known, valueBytes: map.valueBytes });
  }
  const globals = wanted.get(metadata.globalsMap);
  if (globals === undefined || globals.valueBytes < globalsBytes) {
    wanted.set(metadata.globalsMap, { name: metadata.globalsMap, type: 'array', keyBytes: 4, valueBytes: globalsBytes, maxEntries: 1, flags: 0 });
  }
  return new Map(Array.from(wanted.values(), (map) => [map.name, new MemoryMap(map)]));
}
