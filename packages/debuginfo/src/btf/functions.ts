/** Kernel functions in BTF. */
import { DebugInfoError } from '../errors.js';
import { Glob } from '../glob.js';
import { decodeText } from '../reader.js';
import type { Btf } from './btf.js';
import { BTF_KINDS } from './header.js';
import type { BtfFunction, BtfKind } from './types.js';
import { wordAt } from '../table-access.js';

export function functionOf(btf: Btf, id: number): BtfFunction {
  const type = btf.type(id);
  const prototype = type.kind === 'func' ? btf.type(type.typeId) : undefined;
  if (type.kind !== 'func' || prototype?.kind !== 'func_proto') throw new DebugInfoError('.BTF', 0, `type ${id} is no function with a prototype`);
  return {
    id, name: type.name, linkage: type.linkage,
    parameters: prototype.parameters, returnTypeId: prototype.returnTypeId, variadic: prototype.variadic,
  };
}

export function listFunctions(btf: Btf, glob: string | undefined): { id: number; name: string }[] {
  // Static functions may share one name: each is listed, ids tell them apart.
  return listNames(btf, 'func', '', glob);
}

/** Ids and names (without `prefix`) of the types of one kind whose name is `prefix` and then what the wildcard matches. */
export function listNames(btf: Btf, kind: BtfKind, prefix: string, pattern: string | undefined): { id: number; name: string }[] {
  const found = btf.base === undefined ? [] : listNames(btf.base, kind, prefix, pattern);
  const glob = new Glob(`${prefix}${pattern ?? '*'}`);
  const { words, starts, count, firstTypeId, strings, stringStart } = btf.raw;
  const wanted = (BTF_KINDS as readonly BtfKind[]).indexOf(kind);
  const firstByte = glob.prefix[0];
  for (let index = 0; index < count; index++) {
    const at = wordAt(starts, index);
    if (((wordAt(words, at + 1) >>> 24) & 0x7f) !== wanted) continue;
    const nameOffset = wordAt(words, at);
    // The cheap test first: it leaves a few of 56,000 functions. Names below stringStart are the base's.
    if (firstByte !== undefined && nameOffset >= stringStart && strings[nameOffset - stringStart] !== firstByte) continue;
    const place = btf.stringPlace(nameOffset);
    if (place.end === place.start || !glob.matchesBytes(place.bytes, place.start, place.end)) continue;
    found.push({ id: firstTypeId + index, name: decodeText(place.bytes, place.start + prefix.length, place.end) });
  }
  return found;
}
