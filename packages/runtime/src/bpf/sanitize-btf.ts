/**
 * BTF that kernels from 5.10 on take: newer kinds become older ones of the same
 * length in place, so that no type id and no offset moves. Which kind came when:
 * FLOAT 5.13, DECL_TAG 5.16, TYPE_TAG 5.17, ENUM64 and signed enums 6.0.
 */
const KIND = { int: 1, struct: 4, union: 5, enum: 6, const: 10, declTag: 17, typeTag: 18, float: 16, enum64: 19 } as const;
const HEADER_BYTES = 24;

/** Bytes after the 12 of the record, by kind; the rest of the kinds have a record for each of `vlen` members. */
const FIXED_TAIL: Readonly<Record<number, number>> = { 1: 4, 2: 0, 3: 12, 7: 0, 8: 0, 9: 0, 10: 0, 11: 0, 12: 0, 14: 4, 16: 0, 17: 4, 18: 0 };
const MEMBER_BYTES: Readonly<Record<number, number>> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };

/** A changed copy. What it does not understand it leaves as it is: the kernel will say what it dislikes. */
export function sanitizeBtf(btf: Uint8Array): Uint8Array {
  // Not btf.slice(): a Buffer's slice is no copy.
  const copy = new Uint8Array(btf);
  const view = new DataView(copy.buffer);
  if (copy.length < HEADER_BYTES) return copy;
  const typesStart = view.getUint32(4, true) + view.getUint32(8, true);
  const typesEnd = Math.min(typesStart + view.getUint32(12, true), copy.length);
  const firstMember = { intId: 0 };
  for (let at = typesStart, id = 1; at + 12 <= typesEnd; id++) {
    const info = view.getUint32(at + 4, true);
    const kind = (info >>> 24) & 0x1f;
    const tail = FIXED_TAIL[kind] ?? (MEMBER_BYTES[kind] ?? NaN) * (info & 0xffff);
    if (Number.isNaN(tail)) return copy;
    if (kind === KIND.int && firstMember.intId === 0) firstMember.intId = id;
    replace(view, at, kind, info, firstMember.intId);
    at += 12 + tail;
  }
  return copy;
}

function replace(view: DataView, at: number, kind: number, info: number, intId: number): void {
  const vlen = info & 0xffff;
  const become = (newKind: number, members: number): void => {
    view.setUint32(at + 4, (newKind << 24) | members, true);
  };
  switch (kind) {
    case KIND.float:
      // A structure without members and without a name, of the same size.
      view.setUint32(at, 0, true);
      become(KIND.struct, 0);
      break;
    case KIND.declTag:
      // Its extra word becomes an INT's encoding: 32 bits. (Nothing refers to a declaration tag.)
      become(KIND.int, 0);
      view.setUint32(at + 8, 4, true);
      view.setUint32(at + 12, 32, true);
      break;
    case KIND.typeTag:
      view.setUint32(at, 0, true);
      become(KIND.const, 0);
      break;
    case KIND.enum:
      become(KIND.enum, vlen);
      break;
    case KIND.enum64:
      // Members have the same length: {name, value low, value high} becomes {name, type, offset}.
      become(KIND.union, vlen);
      for (let member = 0; member < vlen; member++) {
        view.setUint32(at + 12 + member * 12 + 4, intId, true);
        view.setUint32(at + 12 + member * 12 + 8, 0, true);
      }
      break;
    default:
      break;
  }
}
