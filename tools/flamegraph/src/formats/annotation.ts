/**
 * The kind of a frame at the end of its name, as the stackcollapse programs write it: `vfs_read_[k]`.
 */
import type { FrameKind } from '../profile/profile.js';

const MARKS: readonly (readonly [FrameKind, string])[] = [['kernel', '_[k]'], ['jit', '_[j]'], ['inlined', '_[i]']];

export function annotate(name: string, kind: FrameKind): string {
  return `${name}${MARKS.find(([of]) => of === kind)?.[1] ?? ''}`;
}

export function parseAnnotated(text: string): { readonly name: string; readonly kind: FrameKind } {
  for (const [kind, mark] of MARKS) if (text.endsWith(mark)) return { name: text.slice(0, -mark.length), kind };
  return { name: text, kind: 'user' };
}
