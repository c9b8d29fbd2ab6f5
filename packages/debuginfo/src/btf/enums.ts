/** Enumerators by name. */
import { OffsetSet } from '../string-search.js';
import type { Btf } from './btf.js';
import { enumeratorValue } from './decode-type.js';
import { wordAt } from '../table-access.js';

export function findEnumerator(btf: Btf, constant: string, enumName: string | undefined): bigint | undefined {
  if (enumName === undefined) return btf.base === undefined ? searchEnums(btf, constant) : (findEnumerator(btf.base, constant, undefined) ?? searchEnums(btf, constant));
  for (const type of btf.findAllByName(enumName, 'enum', 'enum64')) {
    const found = type.enumerators.find(({ name }) => name === constant);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** Compares name offsets in the raw records: decoding all 20,000 enumerators of a kernel would take far longer. */
function searchEnums(btf: Btf, constant: string): bigint | undefined {
  const offsets = constant === '' ? [] : btf.stringOffsets(constant);
  if (offsets.length === 0) return undefined;
  const wanted = new OffsetSet(offsets, Math.max(...offsets) + 1);
  const { words } = btf.raw;
  for (const kind of ['enum', 'enum64'] as const) {
    const stride = kind === 'enum' ? 2 : 3;
    for (const id of btf.idsOfKind(kind)) {
      const { start, members, flag } = btf.record(id);
      for (let index = 0, at = start + 3; index < members; index++, at += stride) {
        if (wanted.has(wordAt(words, at))) return enumeratorValue(words, at, kind, flag);
      }
    }
  }
  return undefined;
}
