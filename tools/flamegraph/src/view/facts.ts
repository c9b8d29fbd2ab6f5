/** The line under the heading: what was recorded, how, where and when. */
import { shortQuantity, valueName } from '../drawing/quantities.js';
import type { PackedProfile } from '../profile/packed-profile.js';

/** @param value index into `Profile.valueTypes` */
export function factsOf(profile: PackedProfile, value: number): string[] {
  const { meta, valueTypes } = profile;
  const { event, period, periodUnit, durationNs, host, kernel, startTime, command, title, comparison } = meta;
  const type = valueTypes[value] ?? { type: 'samples', unit: 'count' };
  const total = (index: number): string => shortQuantity(profile.totals[index] ?? 0, valueTypes[index] ?? type);
  const frequency = period === undefined || period === 0 || periodUnit !== 'nanoseconds' ? '' : ` at ${Number((1e9 / period).toPrecision(3))} Hz`;
  return [
    comparison === undefined ? `${total(value)}${type.unit === 'count' ? '' : ` (${valueName(type)})`}` : `${comparison.before}: ${total(0)} \u2192 ${comparison.after}: ${total(1)}`,
    ...(event === undefined ? [] : [`${event}${frequency}`]),
    ...(durationNs === undefined ? [] : [`over ${shortQuantity(durationNs, { type: 'time', unit: 'nanoseconds' })}`]),
    ...(command === undefined || title?.includes(command) === true ? [] : [command]),
    ...(host === undefined ? [] : [host]),
    ...(kernel === undefined ? [] : [`Linux ${kernel}`]),
    ...(startTime === undefined || startTime === 0 ? [] : [`${new Date(startTime).toISOString().slice(0, 16).replace('T', ' ')} UTC`]),
  ];
}
