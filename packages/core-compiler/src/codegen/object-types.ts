/** BTF of the object's own maps, variables and functions, as libbpf reads them. */
import type { BtfMember, BtfWriter, IrProgram, MapMetadata } from '@stapkit/object';
import { GLOBALS_MAP, GLOBALS_SECTION, SESSION } from '@stapkit/object';
import type { StoragePlan } from './storage.js';

/** enum bpf_map_type. */
const MAP_TYPES: Readonly<Record<MapMetadata['type'], number>> = { array: 2, percpu_array: 6, hash: 1, percpu_hash: 5, lru_hash: 9, ringbuf: 27, perf_event_array: 4, lpm_trie: 11, prog_array: 3 };

/** Bytes of a map's definition in `.maps`: five pointers. */
export const MAP_DEFINITION_BYTES = 40;

const identifier = (name: string): string => name.replaceAll(/\W/g, '_');

/** libbpf's `__uint(name, value)`: a pointer to an array of `value` elements. */
export function declareMaps(btf: BtfWriter, maps: readonly MapMetadata[]): void {
  const int = btf.int('int', 4, true);
  const uint = (name: string, value: number, index: number): BtfMember => ({ name, type: btf.pointer(btf.array(int, value)), offsetBits: index * 64 });
  const variables = maps.map((map, index) => {
    const isRing = map.type === 'ringbuf';
    const members = [
      uint('type', MAP_TYPES[map.type], 0), uint('max_entries', map.maxEntries, 1), uint('map_flags', map.flags, 2),
      ...(isRing ? [] : [uint('key_size', map.keyBytes, 3), uint('value_size', map.valueBytes, 4)]),
    ];
    const type = btf.composite('struct', '', MAP_DEFINITION_BYTES, members);
    return { type: btf.variable(map.name, type), offset: index * MAP_DEFINITION_BYTES, bytes: MAP_DEFINITION_BYTES };
  });
  if (variables.length > 0) btf.dataSection('.maps', maps.length * MAP_DEFINITION_BYTES, variables);
}

/** The session's words and the script's scalars, so that `bpftool map dump` shows them by name. */
export function declareGlobals(btf: BtfWriter, program: IrProgram, storage: StoragePlan): void {
  const long = btf.int('long long', 8, true);
  const char = btf.int('char', 1, true);
  const members: BtfMember[] = Object.entries(SESSION).flatMap(([name, offset]) => (name === 'size' ? [] : [{ name: `session_${name}`, type: long, offsetBits: offset * 8 }]));
  storage.storages.forEach((place, index) => {
    const global = program.globals[index];
    if (place.kind !== 'slot' || global === undefined) return;
    members.push({ name: identifier(global.name), type: global.kind === 'string' ? btf.array(char, place.bytes) : long, offsetBits: place.offset * 8 });
  });
  declareStripes(btf, program, storage, members);
  const type = btf.composite('struct', 'stapkit_globals', storage.globalsBytes, members);
  btf.dataSection(GLOBALS_SECTION, storage.globalsBytes, [{ type: btf.variable(GLOBALS_MAP, type), offset: 0, bytes: storage.globalsBytes }]);
}

/** `stripes`: an array of structures with the words of every striped statistic. */
function declareStripes(btf: BtfWriter, program: IrProgram, { storages }: StoragePlan, members: BtfMember[]): void {
  const striped = storages.flatMap((place, index) => (place.kind === 'striped' ? [{ place, name: identifier(program.globals[index]?.name ?? '') }] : []));
  const first = striped[0]?.place;
  if (first === undefined) return;
  const long = btf.int('long long', 8, true);
  const words = striped.flatMap(({ place: { offset, layout }, name }) => (['count', 'sum'] as const).flatMap((word): BtfMember[] => {
    const at = layout[word];
    return at === undefined ? [] : [{ name: `${name}_${word}`, type: long, offsetBits: (offset - first.offset + at) * 8 }];
  }));
  const stripe = btf.composite('struct', 'stapkit_stripe', first.stride, words);
  members.push({ name: 'stripes', type: btf.array(stripe, first.stripes), offsetBits: first.offset * 8 });
}

export function declareFunction(btf: BtfWriter, name: string, parameters: readonly string[], linkage: 'static' | 'global'): number {
  const int = btf.int('int', 4, true);
  const word = btf.int('long long', 8, true);
  const pointer = btf.pointer(0);
  const params = parameters.map((parameter) => ({ name: parameter, type: parameter === 'index' || parameter === 'number' ? word : pointer }));
  return btf.func(name, btf.functionPrototype(int, params), linkage);
}
