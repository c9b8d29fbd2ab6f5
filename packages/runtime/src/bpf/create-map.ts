/** BPF_MAP_CREATE from the object's map table. */
import type { MapMetadata } from '@stapkit/object';
import { Attributes } from '../sys/attributes.js';
import type { Kernel } from '../sys/kernel.js';
import { checked } from '../sys/syscall-error.js';
import * as uapi from '../sys/uapi.js';
import { LinuxMap } from './linux-map.js';
import { withMemlock } from './memlock.js';

export const MAP_TYPES = {
  array: uapi.BPF_MAP_TYPE_ARRAY,
  percpu_array: uapi.BPF_MAP_TYPE_PERCPU_ARRAY,
  hash: uapi.BPF_MAP_TYPE_HASH,
  percpu_hash: uapi.BPF_MAP_TYPE_PERCPU_HASH,
  lru_hash: uapi.BPF_MAP_TYPE_LRU_HASH,
  ringbuf: uapi.BPF_MAP_TYPE_RINGBUF,
  perf_event_array: uapi.BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  lpm_trie: uapi.BPF_MAP_TYPE_LPM_TRIE,
  prog_array: uapi.BPF_MAP_TYPE_PROG_ARRAY,
} as const satisfies Record<MapMetadata['type'], number>;

const MAP_CREATE_BYTES = 72;

/** Creates the map and opens it. The kernel drops it when its last file descriptor (ours, or a program's) is closed. Throws SyscallError. */
export function createMap(kernel: Kernel, metadata: MapMetadata, possibleCpus: number): LinuxMap {
  const attributes = new Attributes(kernel, MAP_CREATE_BYTES)
    .u32(0, MAP_TYPES[metadata.type]) // map_type
    .u32(4, metadata.keyBytes) // key_size
    .u32(8, metadata.valueBytes) // value_size
    .u32(12, metadata.maxEntries) // max_entries
    .u32(16, metadata.flags) // map_flags
    .text(28, objectName(metadata.name), uapi.BPF_OBJ_NAME_LEN); // map_name
  const doing = `creating map ${metadata.name} (${metadata.type}, ${metadata.maxEntries} × ${metadata.valueBytes} bytes)`;
  const fd = checked(kernel, 'bpf(BPF_MAP_CREATE)', withMemlock(kernel, () => kernel.bpf(uapi.BPF_MAP_CREATE, attributes.bytes)), doing);
  try {
    return new LinuxMap(kernel, metadata, fd, possibleCpus);
  } catch (error) {
    kernel.close(fd);
    throw error;
  }
}

/** Names of maps and programs may have letters, digits, `_` and `.` only (bpf_obj_name_cpy, kernel/bpf/syscall.c). */
export function objectName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_');
}
