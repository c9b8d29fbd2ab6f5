/** Writes samples as `perf script -F comm,pid,tid,cpu,time,period,event,ip,sym,dso` prints them. */
import { ProfileError } from '../profile/profile-error.js';
import { UNKNOWN, type Frame, type FrameKind, type Profile } from '../profile/profile.js';
import type { ProfileWriter } from './format.js';
import { timelinesOf, type Slice } from './timeline.js';

const FORMAT = 'perf-script';
/** Sums of counts are written sample by sample up to here: many readers of the format count events and pass over periods. */
const REPEATED_MOST = 1_000_000;

const MODULE_OF_KIND: Readonly<Record<FrameKind, string>> = { user: UNKNOWN, kernel: '[kernel.kallsyms]', jit: '[JIT]', inlined: 'inlined' };

function frameLine({ name, kind, module, file, line, address }: Frame): string {
  const place = file === undefined || line === undefined ? '' : `\n  ${file}:${line}`;
  const shown = kind === 'inlined' ? 'inlined' : (module ?? MODULE_OF_KIND[kind]);
  return `\t${(address ?? 0n).toString(16).padStart(16)} ${name.replace(/[\r\n]+/g, ' ')} (${shown})${place}\n`;
}

function write(profile: Profile, value: number): string {
  const { threads, invented } = timelinesOf(profile, value);
  const lines = profile.frames.map(frameLine);
  const unit = profile.valueTypes[value]?.unit;
  const event = (profile.meta.event ?? profile.valueTypes[value]?.type ?? 'samples').split(', ')[0]?.replaceAll(/[^\w./=,@*:-]/g, '_') ?? 'samples';
  const total = threads.reduce((sum, { slices }) => sum + slices.reduce((part, { weight }) => part + weight, 0), 0);
  const repeated = invented && unit === 'count' && total <= REPEATED_MOST;
  const out = invented ? ['# the times are made up: the profile has none\n'] : [];
  for (const { context, slices } of threads) {
    const { command = UNKNOWN, pid, tid, cpu } = context ?? {};
    const who = `${command} ${pid ?? tid ?? 0}/${tid ?? pid ?? 0} [${String(cpu ?? 0).padStart(3, '0')}]`;
    for (const { stack, start, weight } of repeated ? slices.flatMap(repeat) : slices) {
      if (!Number.isSafeInteger(weight)) throw new ProfileError(FORMAT, undefined, `periods are whole numbers up to 2^53, not ${weight}`, 'write folded stacks or speedscope');
      const head = `${who} ${(start / 1e9).toFixed(6).padStart(12)}: ${String(weight).padStart(10)} ${event}: \n`;
      out.push(head, ...stack.map((frame) => lines[frame] ?? '').reverse(), '\n');
    }
  }
  return out.join('');
}

/** A sum of n samples as n samples. */
function repeat(slice: Slice): Slice[] {
  const { weight, duration, start } = slice;
  if (!Number.isSafeInteger(weight)) return [slice];
  return Array.from({ length: weight }, (_, index) => ({ ...slice, weight: 1, duration: duration / weight, start: start + (duration / weight) * index }));
}

export const perfScriptWriter: ProfileWriter = {
  name: FORMAT,
  endings: ['.perf', '.perf.txt'],
  description: 'the text of `perf script`',
  write: (profile, { value }) => write(profile, value),
};
