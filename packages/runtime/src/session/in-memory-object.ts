/** An object without a kernel side (only begin, end and timer probes), opened without the kernel: no bpf(2), no privileges. */
import type { ObjectMetadata } from '@stapkit/object';
import { OBJECT_FORMAT_VERSION, checkSeal, decodeMetadata, readBpfObject } from '@stapkit/object';
import { createMemoryMaps } from '../host/memory-map.js';
import { loadObject } from '../load/load-object.js';
import type { LoadOptions } from '../load/load-object.js';
import type { LoadedObject } from '../load/loaded-object.js';
import type { Kernel } from '../sys/kernel.js';

export function openInMemory(metadata: ObjectMetadata): LoadedObject {
  const maps = createMemoryMaps(metadata);
  return { metadata, maps, records: undefined, possibleCpus: 1, attach: () => [], takeMissedHits: () => ({ runs: 0, returns: 0 }), detach: () => undefined, close: () => undefined };
}

/** The metadata of an object that needs no kernel; undefined for every other object, also for one that cannot be read. */
function kernelFreeMetadata(bytes: Uint8Array): ObjectMetadata | undefined {
  try {
    if (checkSeal(bytes) !== 'whole') return undefined;
    const text = readBpfObject(bytes).metadata;
    const metadata = text === undefined ? undefined : decodeMetadata(text);
    return metadata?.format === OBJECT_FORMAT_VERSION && metadata.programs.length === 0 ? metadata : undefined;
  } catch {
    return undefined; // loadObject says what is wrong with it
  }
}

/** Opens an object on this machine. Throws what loadObject throws. */
export function openObject(kernel: Kernel, bytes: Uint8Array, options: LoadOptions = {}): LoadedObject {
  const metadata = kernelFreeMetadata(bytes);
  const fits = metadata !== undefined && (!metadata.kernelBound || metadata.kernelRelease === kernel.release);
  return fits ? openInMemory(metadata) : loadObject(kernel, bytes, options);
}
