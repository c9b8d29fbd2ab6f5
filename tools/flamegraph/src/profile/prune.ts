/** Leaves out what is too small to matter, and says so. */
import { ProfileBuilder } from './profile-builder.js';
import { totalOf, type Profile } from './profile.js';

/**
 * Ends every stack at the first frame that, called that way, has less than a share of the whole; a frame
 * `[below 0.1%]` takes its place, so that all sums stay as they are.
 * @param value index into `Profile.valueTypes`; in a comparison, the larger of both counts
 * @param leastPercent 0 leaves the profile alone
 */
export function pruneProfile(profile: Profile, value: number, leastPercent: number): Profile {
  if (leastPercent <= 0) return profile;
  const compared = profile.meta.comparison !== undefined;
  const values = compared ? [0, 1] : [value];
  const least = values.map((index) => (totalOf(profile, index) * leastPercent) / 100);
  const { node, weights } = callPaths(profile, values);
  const builder = new ProfileBuilder(profile.valueTypes);
  const frames = profile.frames.map((frame) => builder.frame(frame));
  const rest = builder.frame({ name: `[below ${leastPercent}%]`, kind: 'user' });
  const cut = new Set<number>();
  profile.samples.forEach(({ stack, values: sampled, context, timeNs }, index) => {
    const path = node[index] ?? [];
    const end = path.findIndex((at) => weights.every((sums, which) => (sums[at] ?? 0) < (least[which] ?? 0)));
    for (const at of end < 0 ? [] : path.slice(end)) cut.add(at);
    const kept = (end < 0 ? stack : stack.slice(0, end)).map((frame) => frames[frame] ?? 0);
    builder.add(end < 0 ? kept : [...kept, rest], sampled, context, timeNs);
  });
  for (const [module, id] of profile.buildIds) builder.buildId(module, id);
  if (cut.size === 0) return profile;
  return builder.build({ ...profile.meta, notes: [...(profile.meta.notes ?? []), `${cut.size} ${cut.size === 1 ? 'frame with less than' : 'frames with less than'} ${leastPercent}% ${cut.size === 1 ? 'is' : 'are'} shown as [below ${leastPercent}%]`] });
}

/** The nodes of the tree of frames that each sample passes, and the sums of all nodes. */
function callPaths(profile: Profile, values: readonly number[]): { readonly node: readonly (readonly number[])[]; readonly weights: readonly (readonly number[])[] } {
  const ids = new Map<number, number>();
  const weights: number[][] = values.map(() => []);
  const node = profile.samples.map((sample) => {
    let up = 0;
    return sample.stack.map((frame) => {
      const key = up * profile.frames.length + frame;
      const id = ids.get(key) ?? ids.size + 1;
      ids.set(key, id);
      values.forEach((value, which) => { const sums = weights[which] ?? []; sums[id] = (sums[id] ?? 0) + (sample.values[value] ?? 0); });
      up = id;
      return id;
    });
  });
  return { node, weights };
}
