/** BPF_MAP_CREATE from the object's map table. */
import type { MapMetadata } from '@stapkit/object';
import { Attributes } from '../sys/attributes.js';
import { E2BIG } from '../sys/errno.js';
import type { Kernel } from '../sys/kernel.js';
import { SyscallError, checked } from '../sys/syscall-error.js';
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
/** What a hash's keys can have where they must fit a program's stack (htab_map_alloc_check, kernel/bpf/hashtab.c): Linux 5.10 has the limit, 6.1 has not. */
const OLD_KEY_BYTES_MAX = 512;

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
  const call = 'bpf(BPF_MAP_CREATE)';
  const fd = withMemlock(kernel, () => kernel.bpf(uapi.BPF_MAP_CREATE, attributes.bytes));
  if (fd === -E2BIG && metadata.keyBytes > OLD_KEY_BYTES_MAX) {
    const advice = `its keys have ${metadata.keyBytes} bytes, this kernel takes ${OLD_KEY_BYTES_MAX}: lower MAXSTRINGLEN (-DMAXSTRINGLEN=N), or shorten the keys (substr(…, 0, N), kernel_string_n(…, N))`;
    throw new SyscallError({ call, code: E2BIG, doing, advice });
  }
  checked(kernel, call, fd, doing);
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
