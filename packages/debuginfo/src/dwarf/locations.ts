/** Where values are: DW_AT_location and its kin. DWARF 5 section 2.6. */
import type { Die } from './die.js';
import type { DwarfLocation } from './model.js';

/** The location that an attribute gives; undefined when there is none, or an empty one: the value was optimized out. */
export function locationOf(die: Die, attribute: number): DwarfLocation | undefined {
  const { unit } = die;
  const expression = die.block(attribute);
  if (expression !== undefined) return expression.length === 0 ? undefined : { kind: 'expression', expression, unit };
  const list = die.listPlace(attribute);
  if (list === undefined) return undefined;
  const entries = unit.locationList(list.value, list.isIndex);
  return entries.length === 0 ? undefined : { kind: 'list', entries, unit };
}
