/** A regular expression as a program of a nondeterministic machine (Thompson's construction). */
import { RegexError, parseRegex } from './parse-regex.js';
import type { ByteSet, RegexNode } from './parse-regex.js';

export type RegexStep =
  | { readonly op: 'bytes'; readonly set: ByteSet }
  /** Goes on at both; `first` is preferred where texts match in several ways. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  /** Keeps the position: 2n where group n begins, 2n+1 where it ends. */
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'start' | 'end' | 'match' };

export interface RegexProgram {
  readonly steps: readonly RegexStep[];
  /** Groups with the whole match, which is group 0: what ngroups() gives. */
  readonly groups: number;
}

/** Repetitions are written out; this bounds what `((a{99}){99}){99}` may become. */
const STEPS_MAX = 20_000;

/** @throws RegexError */
export function compileRegexProgram(pattern: string): RegexProgram {
  const { root, groups } = parseRegex(pattern);
  const steps: RegexStep[] = [];
  const emit = (step: RegexStep): number => {
    if (steps.length >= STEPS_MAX) throw new RegexError('the pattern repeats too much', 0);
    return steps.push(step) - 1;
  };
  emitNode({ kind: 'group', part: root, index: 0 }, emit, steps);
  emit({ op: 'match' });
  return { steps, groups: groups + 1 };
}

function emitNode(node: RegexNode, emit: (step: RegexStep) => number, steps: RegexStep[]): void {
  switch (node.kind) {
    case 'bytes': emit({ op: 'bytes', set: node.set }); return;
    case 'start': case 'end': emit({ op: node.kind }); return;
    case 'sequence':
      for (const part of node.parts) emitNode(part, emit, steps);
      return;
    case 'group':
      emit({ op: 'save', slot: node.index * 2 });
      emitNode(node.part, emit, steps);
      emit({ op: 'save', slot: node.index * 2 + 1 });
      return;
    case 'alternatives': {
      const jumps: { op: 'jump'; to: number }[] = [];
      node.parts.forEach((part, index) => {
        const isLast = index === node.parts.length - 1;
        const split = { op: 'split' as const, first: 0, second: 0 };
        if (!isLast) split.first = emit(split) + 1;
        emitNode(part, emit, steps);
        if (isLast) return;
        const jump = { op: 'jump' as const, to: 0 };
        emit(jump);
        jumps.push(jump);
        split.second = steps.length;
      });
      for (const jump of jumps) jump.to = steps.length;
      return;
    }
    case 'repeat': emitRepeat(node, emit, steps);
  }
}

function emitRepeat({ part, least, most }: RegexNode & { readonly kind: 'repeat' }, emit: (step: RegexStep) => number, steps: RegexStep[]): void {
  for (let count = 0; count < least; count++) emitNode(part, emit, steps);
  if (most === undefined) {
    const split = { op: 'split' as const, first: 0, second: 0 };
    const head = emit(split);
    split.first = head + 1;
    emitNode(part, emit, steps);
    emit({ op: 'jump', to: head });
    split.second = steps.length;
    return;
  }
  const splits: { op: 'split'; first: number; second: number }[] = [];
  for (let count = least; count < most; count++) {
    const split = { op: 'split' as const, first: 0, second: 0 };
    split.first = emit(split) + 1;
    splits.push(split);
    emitNode(part, emit, steps);
  }
  for (const split of splits) split.second = steps.length;
}
