/**
 * Texts that only the host can make, where a kernel probe keeps them: packed (packed-text.ts of @stapkit/object). What may
 * hold one is followed through registers and globals: a packed text can be kept, be a key, be compared for equality with
 * another one and with "", be part of a longer text (`.`), and be printed. Whatever else looks at its bytes is refused (E0505), as is what cannot be packed.
 */
import { INTRINSICS, PACKABLE } from '@stapkit/object';
import type { IrBody, IrGlobal, IrInstruction, IrProbe, IrProgram, IteratorId, Value } from '@stapkit/object';
import { inputsOf, longValue } from './operands.js';

/** Replaces, in a kernel probe's body, what is left of the intrinsics that only the host has, where that can be packed. */
export function packTexts(body: IrBody): IrBody {
  const replaced = (one: IrInstruction): IrInstruction => {
    if (one.op !== 'intrinsic' || INTRINSICS[one.name]?.where !== 'print') return one;
    const code = PACKABLE.indexOf(one.name);
    return code < 0 ? one : { ...one, name: `pack_text${one.args.length}`, args: [longValue(BigInt(code)), ...one.args] };
  };
  if (!body.blocks.some(({ instructions }) => instructions.some((one) => replaced(one) !== one))) return body;
  return { ...body, blocks: body.blocks.map((block) => ({ ...block, instructions: block.instructions.map(replaced) })) };
}

export const isPacking = (one: IrInstruction): boolean => one.op === 'intrinsic' && one.name.startsWith('pack_text');

/** The intrinsic whose text a packing instruction stands for. */
export function packedIntrinsic(one: IrInstruction): string {
  const [code] = one.op === 'intrinsic' ? one.args : [];
  return (code !== undefined && 'long' in code ? PACKABLE[Number(code.long)] : undefined) ?? '';
}

type Holder = string;
const key = (global: number, index: number): Holder => `${global}.${index}`;
const content = (global: number): Holder => `${global}`;

/** What may hold packed texts, over all kernel probes of a program. */
export class PackedHolders {
  readonly #globals = new Set<Holder>();
  readonly #registers = new Map<IrBody, Set<number>>();
  readonly #slots = new Map<IrProbe, Set<number>>();
  readonly #probes: readonly IrProbe[];

  constructor(program: IrProgram) {
    this.#probes = program.probes.filter(({ where }) => where === 'kernel');
    if (!this.#probes.some((probe) => bodiesOf(probe).some(({ blocks }) => blocks.some(({ instructions }) => instructions.some(isPacking))))) return;
    for (const probe of this.#probes) {
      this.#slots.set(probe, new Set());
      for (const body of bodiesOf(probe)) this.#registers.set(body, new Set());
    }
    while (this.#grow()) continue;
  }

  get any(): boolean {
    return this.#registers.size > 0;
  }

  holds(body: IrBody, value: Value): boolean {
    return 'register' in value && (this.#registers.get(body)?.has(value.register) ?? false);
  }

  /** Marks the globals; whether nothing but additions changes an array is noted as well. */
  mark(globals: readonly IrGlobal[], program: IrProgram): void {
    const set = new Set<number>();
    const bodies = [...program.functions.map(({ body }) => body), ...program.probes.flatMap(bodiesOf)];
    for (const body of bodies) for (const { instructions } of body.blocks) for (const one of instructions) if (one.op === 'array-set') set.add(one.global);
    globals.forEach((global, id) => {
      if (global.kind === 'string' && this.#globals.has(content(id))) global.packed = true;
      if (global.kind !== 'array') return;
      if (this.#globals.has(content(id))) global.packed = true;
      global.keys.forEach((one, index) => {
        if (!this.#globals.has(key(id, index))) return;
        one.packed = true;
        if (!set.has(id)) global.summed = true;
      });
    });
  }

  /** A use of a packed text in a kernel probe that needs the text itself. */
  misused(body: IrBody, one: IrInstruction): boolean {
    const held = inputsOf(one).filter((value) => this.holds(body, value));
    if (held.length === 0) return false;
    switch (one.op) {
      case 'move': case 'concat': case 'print': case 'store-global': case 'array-set': case 'array-get': case 'array-add': case 'array-has': case 'array-delete':
      case 'stat-add': case 'stat-get': case 'histogram-get': case 'save-entry': case 'save-frame': return false;
      case 'iterate': return one.sort?.by === 'key';
      case 'compare-text': return (one.fn !== 'eq' && one.fn !== 'ne') || [one.a, one.b].some((value) => !this.holds(body, value) && !('text' in value && value.text === ''));
      default: return true;
    }
  }

  #grow(): boolean {
    let grown = false;
    const add = <T>(set: Set<T> | undefined, one: T): void => {
      if (set === undefined || set.has(one)) return;
      set.add(one);
      grown = true;
    };
    for (const probe of this.#probes) {
      for (const body of bodiesOf(probe)) {
        const registers = this.#registers.get(body);
        const walks = new Map<IteratorId, number>();
        const frames = new Set<string>();
        const keep = (value: Value, holder: Holder): void => { if (this.holds(body, value)) add(this.#globals, holder); };
        const load = (dst: number, holder: Holder): void => { if (this.#globals.has(holder) && body.registers[dst]?.type === 'string') add(registers, dst); };
        for (const one of body.blocks.flatMap(({ instructions }) => instructions)) {
          if ('keys' in one && 'global' in one) one.keys.forEach((value, index) => { keep(value, key(one.global, index)); });
          switch (one.op) {
            case 'intrinsic': if (isPacking(one) && one.dst !== undefined) add(registers, one.dst); break;
            case 'move': if (this.holds(body, one.src)) add(registers, one.dst); break;
            case 'concat': if (one.parts.some((part) => this.holds(body, part))) add(registers, one.dst); break;
            case 'store-global': case 'array-set': keep(one.src, content(one.global)); break;
            case 'load-global': case 'array-get': load(one.dst, content(one.global)); break;
            case 'iterate': walks.set(one.iterator, one.global); break;
            case 'advance': {
              const global = walks.get(one.iterator) ?? -1;
              one.keys.forEach((register, index) => { load(register, key(global, index)); });
              if (one.value !== undefined) load(one.value, content(global));
              break;
            }
            case 'save-entry': if (this.holds(body, one.value)) add(this.#slots.get(probe), one.slot); break;
            case 'read-entry': if (this.#slots.get(probe)?.has(one.slot) === true) add(registers, one.dst); break;
            case 'save-frame': if (this.holds(body, one.value)) frames.add(`${one.stack}.${one.slot}`); break;
            case 'load-frame': if (frames.has(`${one.stack}.${one.slot}`)) add(registers, one.dst); break;
            default: break;
          }
        }
      }
    }
    return grown;
  }
}

export function bodiesOf(probe: IrProbe): readonly IrBody[] {
  return probe.entry === undefined ? [probe.body] : [probe.entry.body, probe.body];
}
