/**
 * Stacks that kernel handlers captured: a hash map from a stack's id to its addresses. The id is a hash of the addresses and
 * of whose they are, so that equal stacks have one id and a handler needs to keep no more than that. The host moves the
 * stacks to its own memory while the session runs, so that the map is only on the way.
 *
 * Value: a word (kind in the low 32 bits, process id in the high 32), a word with the token of a copy of the stack that
 * the host walks anew (STACK_COPY), 0 for none, then the addresses, the innermost first, 0 behind the last.
 */
export const STACKS_MAP = 'stacks';
export const STACK_KIND = { kernel: 1, user: 2 } as const;
/** Where the token stands. */
export const STACK_TOKEN = 8;
export const STACK_HEADER_BYTES = 16;
/** Stacks on the way; the host fetches them many times a second. */
export const STACKS_ON_THE_WAY = 16_384;

/** MAXBACKTRACE of stap. */
export const DEFAULT_MAXBACKTRACE = 20;
/** kernel.perf_event_max_stack, as kernels have it by default: the kernel gives no more. */
export const MOST_STACK_FRAMES = 127;
/** Frames of BPF itself that a captured kernel stack can start with: the host takes them away. */
export const OWN_FRAMES = 7;

/** Words for addresses in a captured stack. */
export function stackFrames(limit: number): number {
  return Math.min(limit + OWN_FRAMES, MOST_STACK_FRAMES);
}

/**
 * How a frame is shown, as stap does (runtime/sym.h of SystemTap). full: " 0xADDRESS : name+0xOFFSET/0xSIZE [path of the module]".
 * simple: "name+0xOFFSET [file name of the module]". brief: "name+0xOFFSET". fileline: full, with " at FILE:LINE" before the
 * module. symbols: " ADDRESS : " as the text has the address, then what symdata() says. simple and symbolsText, which is as symbols,
 * are at most a string's length of whole lines in all.
 */
export const STACK_STYLES = { full: 0, simple: 1, brief: 2, fileline: 3, symbols: 4, symbolsText: 5 } as const;
/** name: as symname() gives it. data: "name+0xOFFSET/0xSIZE [module]", or "0xADDRESS [module+0xOFFSET/0xSIZE]". place: "FILE:LINE". */
export const ADDRESS_FACTS = { name: 0, data: 1, module: 2, file: 3, line: 4, place: 5 } as const;
