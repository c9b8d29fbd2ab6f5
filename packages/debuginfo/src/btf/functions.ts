/** Kernel functions in BTF. */
import { DebugInfoError } from '../errors.js';
import { Glob } from '../glob.js';
import type { Btf } from './btf.js';
import { BTF_KINDS } from './header.js';
import type { BtfFunction, BtfKind } from './types.js';

const encoder = new TextEncoder();

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
  const glob = pattern === undefined || pattern === '*' ? undefined : new Glob(pattern);
  const start = encoder.encode(prefix);
  const { words, starts, count, firstTypeId } = btf.raw;
  const wanted = (BTF_KINDS as readonly BtfKind[]).indexOf(kind);
  for (let index = 0; index < count; index++) {
    const at = starts[index]!;
    if (((words[at + 1]! >>> 24) & 0x7f) !== wanted) continue;
    const nameOffset = words[at]!;
    if (!btf.stringStartsWith(nameOffset, start)) continue;
    if (glob !== undefined) {
      if (!btf.stringStartsWith(nameOffset + start.length, glob.prefix)) continue;
      const place = btf.stringPlace(nameOffset);
      if (!glob.matchesBytes(place.bytes, place.start + start.length, place.end)) continue;
    }
    const name = btf.string(nameOffset).slice(prefix.length);
    if (name !== '') found.push({ id: firstTypeId + index, name });
  }
  return found;
}
