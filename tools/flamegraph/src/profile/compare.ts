/** Two profiles as one with two values: before and after. */
import { ProfileBuilder } from './profile-builder.js';
import { ProfileError } from './profile-error.js';
import type { Profile } from './profile.js';

export interface Compared {
  readonly profile: Profile;
  /** Index into its valueTypes. */
  readonly value: number;
  readonly name: string;
}

/** A differential profile: `meta.comparison` is set, value 0 is before's and value 1 after's. Throws ProfileError when their units differ. */
export function compareProfiles(before: Compared, after: Compared): Profile {
  const [typeBefore, typeAfter] = [before, after].map(({ profile, value }) => profile.valueTypes[value]);
  if (typeBefore?.unit !== typeAfter?.unit)
    throw new ProfileError('diff', undefined, `${before.name} counts ${typeBefore?.type ?? '?'} in ${typeBefore?.unit ?? '?'}, ${after.name} ${typeAfter?.type ?? '?'} in ${typeAfter?.unit ?? '?'}`, 'choose comparable values by --value');
  const unit = typeAfter?.unit ?? 'count';
  const builder = new ProfileBuilder([{ type: 'before', unit }, { type: 'after', unit }]);
  for (const { profile, value, side } of [{ ...before, side: 0 }, { ...after, side: 1 }]) {
    const frames = profile.frames.map((frame) => builder.frame(frame));
    for (const sample of profile.samples) {
      const weight = sample.values[value] ?? 0;
      // Process and thread ids differ from run to run: commands alone are compared.
      const command = sample.context?.command;
      builder.add(sample.stack.map((frame) => frames[frame] ?? 0), side === 0 ? [weight, 0] : [0, weight], command === undefined ? undefined : { command });
    }
    for (const [module, id] of profile.buildIds) builder.buildId(module, id);
  }
  const notes = [before, after].flatMap(({ profile, name }) => losses(profile).map((loss) => `${name}: ${loss}`));
  return builder.build({
    ...(after.profile.meta.event === undefined ? {} : { event: after.profile.meta.event }),
    comparison: { before: before.name, after: after.name },
    ...(notes.length === 0 ? {} : { notes }),
  });
}

/** What a profile lacks, in words. */
export function losses({ meta }: Pick<Profile, 'meta'>): string[] {
  const { lost = 0, notes = [] } = meta;
  return [...(lost === 0 ? [] : [`${lost} ${lost === 1 ? 'sample' : 'samples'} lost`]), ...notes];
}
