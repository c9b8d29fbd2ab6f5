/** Constants of the kernel's user interface, by their names there (include/uapi/linux/{bpf,perf_event}.h, asm-generic). Never changed by the kernel once released. */

// enum bpf_cmd
export const BPF_MAP_CREATE = 0;
export const BPF_MAP_LOOKUP_ELEM = 1;
export const BPF_MAP_UPDATE_ELEM = 2;
export const BPF_MAP_DELETE_ELEM = 3;
export const BPF_MAP_GET_NEXT_KEY = 4;
export const BPF_PROG_LOAD = 5;
export const BPF_BTF_GET_FD_BY_ID = 19;
export const BPF_OBJ_GET_INFO_BY_FD = 15;
export const BPF_RAW_TRACEPOINT_OPEN = 17;
export const BPF_BTF_LOAD = 18;
export const BPF_BTF_GET_NEXT_ID = 23;
export const BPF_MAP_LOOKUP_BATCH = 24;
export const BPF_LINK_CREATE = 28;

// enum bpf_map_type
export const BPF_MAP_TYPE_HASH = 1;
export const BPF_MAP_TYPE_ARRAY = 2;
export const BPF_MAP_TYPE_PROG_ARRAY = 3;
export const BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4;
export const BPF_MAP_TYPE_PERCPU_HASH = 5;
export const BPF_MAP_TYPE_PERCPU_ARRAY = 6;
export const BPF_MAP_TYPE_LRU_HASH = 9;
export const BPF_MAP_TYPE_LPM_TRIE = 11;
export const BPF_MAP_TYPE_RINGBUF = 27;

// BPF_MAP_CREATE and BPF_MAP_UPDATE_ELEM flags
export const BPF_ANY = 0;
export const BPF_NOEXIST = 1;
export const BPF_EXIST = 2;
export const BPF_F_MMAPABLE = 1 << 10;

// enum bpf_prog_type
export const BPF_PROG_TYPE_KPROBE = 2;
export const BPF_PROG_TYPE_PERF_EVENT = 7;
export const BPF_PROG_TYPE_NETFILTER = 32;
export const BPF_PROG_TYPE_RAW_TRACEPOINT = 17;
export const BPF_PROG_TYPE_TRACING = 26;

// enum bpf_attach_type
export const BPF_TRACE_RAW_TP = 23;
export const BPF_TRACE_FENTRY = 24;
export const BPF_TRACE_FEXIT = 25;
export const BPF_PERF_EVENT = 41;
export const BPF_TRACE_KPROBE_MULTI = 42;
export const BPF_NETFILTER = 45;
export const BPF_TRACE_UPROBE_MULTI = 48;

// BPF_LINK_CREATE: flags of both kinds of links to many probes
export const BPF_F_PROBE_MULTI_RETURN = 1;

// What src_reg of a 64-bit immediate load or a call says about its immediate.
export const BPF_PSEUDO_MAP_FD = 1;
export const BPF_PSEUDO_MAP_VALUE = 2;
export const BPF_PSEUDO_FUNC = 4;
export const BPF_PSEUDO_CALL = 1;

/** Opcode of the first half of a 64-bit immediate load. */
export const BPF_LD_IMM64 = 0x18;
export const BPF_CALL = 0x85;

export const BPF_OBJ_NAME_LEN = 16;

// Ring buffer record header (kernel/bpf/ringbuf.c).
export const BPF_RINGBUF_BUSY_BIT = 0x8000_0000;
export const BPF_RINGBUF_DISCARD_BIT = 0x4000_0000;
export const BPF_RINGBUF_HDR_SZ = 8;

// perf_event_open(2)
export const PERF_TYPE_HARDWARE = 0;
export const PERF_TYPE_SOFTWARE = 1;
export const PERF_TYPE_TRACEPOINT = 2;
export const PERF_TYPE_HW_CACHE = 3;
export const PERF_TYPE_BREAKPOINT = 5;
export const PERF_COUNT_SW_CPU_CLOCK = 0;
export const PERF_ATTR_SIZE_VER5 = 112;
// linux/hw_breakpoint.h
export const HW_BREAKPOINT_W = 2;
export const HW_BREAKPOINT_RW = 3;
export const PERF_ATTR_FLAG_FREQ = 1 << 10;
export const PERF_FLAG_FD_CLOEXEC = 8;
export const PERF_EVENT_IOC_ENABLE = 0x2400;
export const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;

// mknodat(2)
export const AT_FDCWD = -100;
export const S_IFIFO = 0o010000;

// mmap(2)
export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;

// clock_gettime(2), setrlimit(2)
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_MONOTONIC_COARSE = 6;
export const RLIMIT_MEMLOCK = 8;
export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

// capability bits (linux/capability.h)
export const CAP_SYS_ADMIN = 21;
export const CAP_SYS_RESOURCE = 24;
export const CAP_PERFMON = 38;
export const CAP_BPF = 39;
