/**
 * Walking user stacks in the kernel by unwind rows: the maps that walker and runtime share. x86-64.
 *
 * `unwind_images`: process id → what it runs and the number of its address space. What it runs is told by an image word (see
 * IMAGE), which every exec changes and a child has in common with its parent until it execs: so code of an old image is never
 * taken for that of a new one, and a child is walked by its parent's space before anybody has looked at it, for which the image
 * word itself is a key, too. `unwind_code`, an LPM trie: number of the address space and address of an instruction → the rows
 * that are for it. The runtime cuts mapped code into ranges of addresses that such a trie can hold. `unwind_rows`: chunks of rows (the start as a distance from the
 * entry's bias, and the rule; see unwind/rules.ts of @stapkit/debuginfo). `unwind_wanted`: processes whose code the walker did
 * not find. `unwind_state`: the walk of this CPU. `unwind_copies`, a ring buffer: where a walk came to code that the maps know
 * nothing of, registers and a piece of the stack, with which the runtime walks it anew (see STACK_COPY).
 */
export const UNWIND_IMAGES_MAP = 'unwind_images';
export const UNWIND_CODE_MAP = 'unwind_code';
export const UNWIND_ROWS_MAP = 'unwind_rows';
export const UNWIND_WANTED_MAP = 'unwind_wanted';
export const UNWIND_STATE_MAP = 'unwind_state';
export const UNWIND_COPIES_MAP = 'unwind_copies';

/** Rows in a chunk, 8 bytes each. */
export const UNWIND_CHUNK_ROWS = 65_536;
/** A million rows: node itself has 300,000, libc 25,000. */
export const UNWIND_CHUNKS = 16;
export const UNWIND_RANGES_MAX = 262_144;
export const UNWIND_WANTED_MAX = 256;
/** Two keys for a process: its id and its image. */
export const UNWIND_IMAGES_MAX = 8192;

/**
 * The image word: start of the stack × factor, xor the end of the code, with the top bit set; both as /proc/PID/stat has them
 * (proc_pid_stat(5)). The stack's start is random, and without that differs by arguments and environment.
 */
export const IMAGE = { factor: 0x9e37_79b9_7f4a_7c15n, mark: 1n << 63n } as const;
/**
 * Value of `unwind_images`: the image word, 0 where it is not known, the number of the address space (32 bits), and whether copies of
 * its stacks have turned out to be of no use (32 bits): where the code's maker alone knows how to walk on.
 */
export const UNWIND_IMAGE = { image: 0, space: 8, settled: 12, bytes: 16 } as const;

/** Key of `unwind_code`: prefix length in bits, number of the address space, address in big-endian order. */
export const UNWIND_KEY = { prefix: 0, space: 4, address: 8, bytes: 16 } as const;
/** Bits of the space's number with a whole address. */
export const UNWIND_PREFIX = 96;
/** Value: what to take from an address (64 bits), the chunk, the first row in it, how many, and the kind. */
export const UNWIND_RANGE = { bias: 0, chunk: 8, first: 12, count: 16, kind: 20, bytes: 24 } as const;
/** framePointers: code without rows. elsewhere: its rows are not in the map, but the runtime has them. */
export const UNWIND_KIND = { rows: 1, framePointers: 2, elsewhere: 3 } as const;

export const UNWIND_FRAMES_MAX = 127;
/**
 * A record of `unwind_copies`: a token (nanoseconds of the monotonic clock << 10, and the CPU's low bits), which the captured stack
 * has, too; process id, number of pages (32 bits each), image word, the registers, how many frames are wanted, how the walk ended, where the main thread's
 * stack begins, and the pages from the one on that the stack pointer is in, as far as they could be read.
 */
export const STACK_COPY = { token: 0, process: 8, pages: 12, image: 16, pc: 24, sp: 32, fp: 40, limit: 48, status: 56, top: 64, stack: 72 } as const;
export const STACK_COPY_CPU_BITS = 10;
export const STACK_COPY_PAGE = 4096;
/** A value of a per-CPU map has 32 KB at most. */
export const STACK_COPY_PAGES = 7;
/** A few hundred copies: what comes while this process waits for a processor. */
export const STACK_COPIES_BYTES = 8 << 20;

const ADDRESSES = 96;
const COPY = ADDRESSES + 8 * (UNWIND_FRAMES_MAX + 1);
/** guessed: an address without a range was passed. settled: see UNWIND_IMAGE. top: where the main thread's stack begins. token: of the copy, 0: none was made. */
export const UNWIND_STATE = {
  pc: 0, sp: 8, fp: 16, exact: 24, count: 32, process: 40, limit: 48, status: 56, space: 64, guessed: 72, token: 80, settled: 88, addresses: ADDRESSES, top: ADDRESSES + 8 * UNWIND_FRAMES_MAX,
  copy: COPY, bytes: COPY + STACK_COPY.stack + STACK_COPY_PAGES * STACK_COPY_PAGE,
} as const;

/**
 * How user stacks are found. fp: the kernel follows frame pointers. auto: by unwind rows, and by frame pointers in processes
 * whose rows are not there. cfi: by unwind rows alone.
 */
export const UNWIND_MODE = { fp: 0, auto: 1, cfi: 2 } as const;
export type UnwindMode = keyof typeof UNWIND_MODE;
