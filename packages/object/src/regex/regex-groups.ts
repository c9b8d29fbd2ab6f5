/** Where a match and its parenthesized parts lie: for matched(n), in the host. */
import type { RegexProgram, RegexStep } from './regex-program.js';

type Thread = { readonly at: number; readonly slots: readonly number[] };

/**
 * The leftmost match, the longest of those; parts as the first alternatives and the greedy repetitions give them.
 * @returns the text of every group, group 0 being the whole match, "" for groups that took no part; undefined: no match
 */
export function matchedGroups(program: RegexProgram, text: string): readonly string[] | undefined {
  const { steps, groups } = program;
  let best: readonly number[] | undefined;
  let threads: Thread[] = [];
  for (let position = 0; position <= text.length; position++) {
    const seen = new Set<number>();
    const ready: Thread[] = [];
    const spread = ({ at, slots }: Thread): void => { follow(steps, at, slots, position, text.length, seen, ready); };
    for (const thread of threads) spread(thread);
    // A later start cannot be more to the left than a match or an attempt that began before.
    if (best === undefined) spread({ at: 0, slots: [] });
    threads = [];
    const byte = text.charCodeAt(position) & 0xff;
    for (const { at, slots } of ready) {
      const step = steps[at];
      if (step?.op === 'match') {
        if (best === undefined || (slots[0] ?? 0) < (best[0] ?? 0) || (slots[0] === best[0] && (slots[1] ?? 0) > (best[1] ?? 0))) best = slots;
      } else if (step?.op === 'bytes' && position < text.length && step.set[byte] === 1) threads.push({ at: at + 1, slots });
    }
    if (best !== undefined && threads.length === 0) break;
  }
  const found = best;
  if (found === undefined) return undefined;
  return Array.from({ length: groups }, (_, index) => {
    const [from, to] = [found[index * 2], found[index * 2 + 1]];
    return from === undefined || to === undefined ? '' : text.slice(from, to);
  });
}

/** Follows steps that read nothing, in order of preference, to those that read or match. */
function follow(steps: readonly RegexStep[], from: number, slots: readonly number[], position: number, length: number, seen: Set<number>, ready: Thread[]): void {
  const waiting: Thread[] = [{ at: from, slots }];
  for (let thread = waiting.pop(); thread !== undefined; thread = waiting.pop()) {
    const { at } = thread;
    if (seen.has(at)) continue;
    seen.add(at);
    const step = steps[at];
    switch (step?.op) {
      case 'split':
        waiting.push({ at: step.second, slots: thread.slots }, { at: step.first, slots: thread.slots });
        break;
      case 'jump': waiting.push({ at: step.to, slots: thread.slots }); break;
      case 'save': {
        const kept = [...thread.slots];
        kept[step.slot] = position;
        waiting.push({ at: at + 1, slots: kept });
        break;
      }
      case 'start': if (position === 0) waiting.push({ at: at + 1, slots: thread.slots }); break;
      case 'end': if (position === length) waiting.push({ at: at + 1, slots: thread.slots }); break;
      default: ready.push(thread);
    }
  }
}
