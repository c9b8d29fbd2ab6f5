/** Functions, inlined instances and types with `llvm-dwarfdump --debug-info`, entry by entry. */
import { linesOf, Tally } from './processes.mjs';

const CODE = new Set(['DW_TAG_subprogram', 'DW_TAG_inlined_subroutine']);
const TYPES = { DW_TAG_structure_type: 'struct', DW_TAG_class_type: 'class', DW_TAG_union_type: 'union', DW_TAG_enumeration_type: 'enum', DW_TAG_base_type: 'base', DW_TAG_typedef: 'typedef' };
const PARTS = new Set(['DW_TAG_member', 'DW_TAG_enumerator']);

/** Entries with their attributes, each with the one that it is in. Those of no interest have no attributes. */
async function* entriesOf(path) {
  let entry;
  let open;
  const around = [];
  for await (const line of linesOf('llvm-dwarfdump', ['--debug-info', path])) {
    if (line.startsWith('0x')) {
      const head = /^0x([0-9a-f]+): ( *)(DW_TAG_\w+)/.exec(line);
      if (head === null) continue;
      if (entry !== undefined) yield entry;
      const depth = head[2].length / 2;
      entry = { offset: Number.parseInt(head[1], 16), tag: head[3], attributes: new Map(), parent: around[depth - 1], parts: [] };
      around.length = depth;
      around.push(entry);
      if (PARTS.has(entry.tag)) entry.parent?.parts.push(entry);
      open = undefined;
    } else if (entry !== undefined && (CODE.has(entry.tag) || TYPES[entry.tag] !== undefined || PARTS.has(entry.tag))) {
      const attribute = /^ +(DW_AT_\w+)\t\((.*)$/.exec(line);
      if (attribute !== null) entry.attributes.set(open = attribute[1], attribute[2].replace(/\)$/, ''));
      else if (open === 'DW_AT_ranges') entry.attributes.set(open, `${entry.attributes.get(open)}\n${line}`);
    }
  }
  if (entry !== undefined) yield entry;
}

const text = (value) => (value === undefined ? undefined : value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'));
const number = (value) => (value === undefined ? undefined : Number(value.split(' ')[0]));

function rangesOf({ attributes }, elf) {
  const found = [...(attributes.get('DW_AT_ranges') ?? '').matchAll(/\[(0x[0-9a-f]+), (0x[0-9a-f]+)\)/g)].map(([, low, high]) => [BigInt(low), BigInt(high)]);
  const low = attributes.get('DW_AT_low_pc');
  const high = attributes.get('DW_AT_high_pc');
  if (low !== undefined && high !== undefined) found.push([BigInt(low.split(' ')[0]), BigInt(high.split(' ')[0])]);
  return found.filter(([from, to]) => from < to && elf.isCode(from)).sort((a, b) => (a[0] < b[0] ? -1 : 1));
}
const rangesText = (ranges) => ranges.map(([low, high]) => `${low.toString(16)}-${high.toString(16)}`).join(' ');
const pairs = (ranges) => ranges.map(({ low, high }) => [low, high]).sort((a, b) => (a[0] < b[0] ? -1 : 1));

/** What the reader has: ranges of bodies and of inlined instances, by the offsets of their entries. */
function codeOf(dwarf) {
  const functions = new Map();
  const inlined = new Map();
  const collect = (scope) => {
    for (const inner of scope.scopes) {
      if (inner.kind === 'inlined' && inner.ranges.length > 0) inlined.set(inner.id, rangesText(pairs(inner.ranges)));
      collect(inner);
    }
  };
  for (const one of dwarf.functions('*')) {
    if (one.ranges.length === 0) continue;
    functions.set(one.id, { name: one.name, ranges: rangesText(pairs(one.ranges)) });
    collect(one.scope);
  }
  return { functions, inlined };
}

export async function compareEntries(path, { dwarf, elf }) {
  const functions = new Tally('functions: names and code, with llvm-dwarfdump');
  const inlined = new Tally('inlined instances: code, with llvm-dwarfdump');
  const types = new Tally('types: kinds, names, sizes, members, enumerators, with llvm-dwarfdump');
  const have = codeOf(dwarf);
  for await (const entry of allButOpen(entriesOf(path))) {
    const { offset, tag, attributes } = entry;
    const place = `0x${offset.toString(16)}`;
    if (CODE.has(tag)) {
      const ranges = rangesText(rangesOf(entry, elf));
      if (tag === 'DW_TAG_inlined_subroutine') {
        if (ranges !== '') inlined.check(place, have.inlined.get(offset), ranges);
        have.inlined.delete(offset);
      } else {
        const found = have.functions.get(offset);
        const name = text(attributes.get('DW_AT_name'));
        if (ranges !== '') functions.check(place, found === undefined ? undefined : `${name === undefined ? '' : found.name} ${found.ranges}`, `${name ?? ''} ${ranges}`);
        have.functions.delete(offset);
      }
    } else if (TYPES[tag] !== undefined && !attributes.has('DW_AT_declaration')) types.check(place, describe(dwarf, dwarf.type(offset), entry), wanted(entry));
  }
  for (const id of have.functions.keys()) functions.check(`0x${id.toString(16)}`, 'a function', 'none');
  for (const id of have.inlined.keys()) inlined.check(`0x${id.toString(16)}`, 'an instance', 'none');
  return [functions, inlined, types];
}

/** Entries when all that is in them was seen: an entry at most as deep begins. */
async function* allButOpen(entries) {
  const waiting = [];
  for await (const entry of entries) {
    while (waiting.length > 0 && waiting.at(-1) !== entry.parent) yield waiting.pop();
    waiting.push(entry);
  }
  while (waiting.length > 0) yield waiting.pop();
}

function wanted({ tag, attributes, parts }) {
  const head = `${TYPES[tag]} ${text(attributes.get('DW_AT_name')) ?? ''} ${tag === 'DW_TAG_typedef' ? '' : number(attributes.get('DW_AT_byte_size'))}`;
  const members = parts.filter((part) => part.tag === 'DW_TAG_enumerator' || isMember(part));
  return `${head}: ${members.map(({ tag: kind, attributes: one }) => `${text(one.get('DW_AT_name')) ?? ''}${kind === 'DW_TAG_enumerator' ? `=${BigInt.asUintN(64, BigInt(one.get('DW_AT_const_value').split(' ')[0]))}` : place(one)}`).join(' ')}`;
}
/** Static members have no place in the object. */
const isMember = ({ tag, attributes }) => tag === 'DW_TAG_member' && !attributes.has('DW_AT_external') && !attributes.has('DW_AT_declaration');
/** Bit-fields are compared elsewhere, with what programs say of themselves. */
const place = (one) => (one.has('DW_AT_bit_size') ? '' : `@${number(one.get('DW_AT_data_member_location')) ?? 0}`);

function describe(dwarf, type, { parts }) {
  const head = `${type.kind} ${type.name} ${type.kind === 'typedef' ? '' : dwarf.sizeOf(type.id)}`;
  if (type.kind === 'enum') return `${head}: ${type.enumerators.map(({ name, value }) => `${name}=${BigInt.asUintN(64, value)}`).join(' ')}`;
  if (type.members === undefined || parts.length === 0) return `${head}: `;
  return `${head}: ${type.members.filter(({ isBase }) => !isBase).map(({ name, offsetBits, bitSize }) => `${name}${bitSize > 0 ? '' : `@${offsetBits / 8}`}`).join(' ')}`;
}
