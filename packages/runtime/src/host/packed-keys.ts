/** Arrays whose keys are packed texts: what a script takes for one element can be several in the map. */
import type { Scalar } from '../format/printf.js';
import type { ArrayEntry, ArrayGlobal } from './array-store.js';
import type { PackedTexts } from './packed-texts.js';

/** The keys in all forms that kernel handlers may have given them. */
export function packedForms(global: ArrayGlobal, packed: PackedTexts, keys: readonly Scalar[]): readonly (readonly Scalar[])[] {
  let forms: readonly (readonly Scalar[])[] = [[]];
  keys.forEach((key, index) => {
    const own = typeof key === 'string' && global.keys[index]?.packed === true ? packed.forms(key) : [key];
    forms = forms.flatMap((form) => own.map((one) => [...form, one]));
  });
  return forms;
}

/** Elements whose keys stand for the same texts as one: statistics and what is only added to as sums, other values by the first. */
export function mergeEqualKeys(global: ArrayGlobal, entries: readonly ArrayEntry[]): ArrayEntry[] {
  const merged = new Map<string, ArrayEntry>();
  for (const entry of entries) {
    const name = entry.keys.map((key) => (typeof key === 'bigint' ? `${key}` : JSON.stringify(key))).join(' ');
    const known = merged.get(name);
    if (known === undefined) {
      merged.set(name, entry);
      continue;
    }
    if (entry.statistic !== undefined) known.statistic?.merge(entry.statistic);
    const isEarlier = entry.insertedAt < known.insertedAt;
    const { value } = known;
    const sum = global.summed === true && typeof value === 'bigint' && typeof entry.value === 'bigint' ? BigInt.asIntN(64, value + entry.value) : undefined;
    merged.set(name, { ...known, value: sum ?? (isEarlier ? entry.value : value), insertedAt: isEarlier ? entry.insertedAt : known.insertedAt });
  }
  return [...merged.values()];
}
