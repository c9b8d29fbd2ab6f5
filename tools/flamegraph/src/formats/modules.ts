/** What the name of a module tells about the code in it, as perf and other profilers name modules. */
import type { FrameKind } from '../profile/profile.js';

/** Names in brackets that are mappings of a process; all others in brackets are the kernel and its modules. */
const USER_MAPPINGS = /^\[(?:vdso|vsyscall|vvar|vectors|uprobes|heap|stack.*|anon.*|unknown|JIT.*|jit)\]|^\[JIT\]/;

export function kindOfModule(module: string | undefined): FrameKind {
  if (module === undefined) return 'user';
  if (/^\[JIT\]|^\[jit\]|(?:^|\/)perf-\d+\.map$|(?:^|\/)jitted-\d+-\d+\.so$/.test(module)) return 'jit';
  if (module.startsWith('[') && !USER_MAPPINGS.test(module)) return 'kernel';
  if (/\.ko(?:\.(?:gz|xz|zst))?$|(?:^|\/)vmlinux(?:[-.].*)?$/.test(module)) return 'kernel';
  return 'user';
}
