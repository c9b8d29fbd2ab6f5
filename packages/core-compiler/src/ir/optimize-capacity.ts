/**
 * The most bytes that each string can hold, over registers, keys, values and globals of the whole
 * program (host handlers write the same maps as kernel handlers).
 *
 * A capacity counts the closing NUL and is a multiple of 8: a string of 15 bytes has capacity 16.
 */
import { INTRINSICS } from '@stapkit/object';
import type { FormatPiece, GlobalId, IrBody, IrFunction, IrInstruction, IrProbe, IrProgram, IrSite, IteratorId, Limits, PrintArgument, RegisterId, Value } from '@stapkit/object';
import { terminatorInput } from './operands.js';

/** A length that grew this often is taken for unbounded: it grows around a loop. */
const PATIENCE = 6;
/** Bytes for an initial value that is given when the object is loaded; longer ones are refused then. */
const SETTABLE_LENGTH = 255;

/** A place whose strings have some greatest length. */
interface Cell {
  length: number;
  raised: number;
}

interface GlobalCells {
  readonly keys: readonly Cell[];
  readonly value: Cell;
}

/** Fills the `capacity` of registers, keys and globals. Registers and globals are changed in place. */
export function inferCapacities(program: IrProgram, limits: Limits): void {
  new CapacityInference(program, limits).run();
}

class CapacityInference {
  readonly #program: IrProgram;
  readonly #longest: number;
  readonly #globals: readonly GlobalCells[];
  readonly #registers = new Map<IrBody, Cell[]>();
  readonly #results: readonly Cell[];
  readonly #slots = new Map<IrProbe, Cell[]>();
  #changed = false;

  constructor(program: IrProgram, limits: Limits) {
    this.#program = program;
    this.#longest = limits.MAXSTRINGLEN - 1;
    this.#globals = program.globals.map((global) => ({
      keys: global.kind === 'array' ? global.keys.map(cell) : [],
      value: global.kind === 'string' ? { length: Math.min(Math.max(global.initial.length, global.settable === true ? SETTABLE_LENGTH : 0), this.#longest), raised: 0 } : cell(),
    }));
    this.#results = program.functions.map(cell);
    for (const { body } of [...program.functions, ...program.probes]) this.#registers.set(body, body.registers.map(cell));
    for (const probe of program.probes) {
      if (probe.entry === undefined) continue;
      this.#registers.set(probe.entry.body, probe.entry.body.registers.map(cell));
      this.#slots.set(probe, probe.entry.slots.map(cell));
    }
  }

  run(): void {
    while (this.#grow()) continue;
    for (const [body, cells] of this.#registers) {
      body.registers.forEach((register, id) => {
        if (register.type === 'string') register.capacity = capacityOf(cells[id]?.length ?? this.#longest);
      });
    }
    this.#program.globals.forEach((global, id) => {
      const cells = this.#globals[id];
      if (global.kind === 'array') {
        global.keys.forEach((key, index) => {
          if (key.type === 'string') key.capacity = capacityOf(cells?.keys[index]?.length ?? this.#longest);
        });
        if (global.value === 'string') global.capacity = capacityOf(cells?.value.length ?? this.#longest);
      } else if (global.kind === 'string') global.capacity = capacityOf(cells?.value.length ?? this.#longest);
    });
  }

  /** One look at everything; true when some length grew. */
  #grow(): boolean {
    this.#changed = false;
    this.#inHost = true;
    this.#program.functions.forEach((one, id) => {
      this.#body(one.body, [], this.#results[id]);
    });
    for (const probe of this.#program.probes) {
      this.#inHost = probe.where === 'host';
      const slots = this.#slots.get(probe) ?? [];
      if (probe.entry !== undefined) this.#body(probe.entry.body, slots);
      this.#body(probe.body, slots);
    }
    return this.#changed;
  }

  #body(body: IrBody, slots: readonly Cell[], result?: Cell): void {
    for (const block of body.blocks) {
      for (const instruction of block.instructions) this.#instruction(body, instruction, slots);
      const returned = block.terminator.kind === 'return' ? terminatorInput(block.terminator) : undefined;
      if (returned !== undefined) this.#raise(result, this.#length(body, returned));
    }
  }

  #instruction(body: IrBody, one: IrInstruction, slots: readonly Cell[]): void {
    const set = (length: number): void => {
      if ('dst' in one) this.#raiseRegister(body, one.dst, length);
    };
    const length = (value: Value): number => this.#length(body, value);
    switch (one.op) {
      case 'move': set(length(one.src)); return;
      case 'concat': set(one.parts.reduce((sum, part) => sum + length(part), 0)); return;
      case 'format': this.#print(body, one.args); set(this.#formatLength(body, this.#program.sites[one.site], one.args)); return;
      case 'print': this.#print(body, one.args); return;
      case 'load-global': set(this.#contentLength(one.global)); return;
      case 'store-global': this.#raise(this.#globals[one.global]?.value, length(one.src)); return;
      case 'array-get': this.#keys(body, one.global, one.keys); set(this.#contentLength(one.global)); return;
      case 'array-set':
        this.#keys(body, one.global, one.keys, true);
        this.#raise(this.#globals[one.global]?.value, length(one.src));
        return;
      // A key that is only looked up counts too: a longer text than the key's slot must not be cut to a match.
      case 'array-add': case 'array-has': case 'array-delete': this.#keys(body, one.global, one.keys, one.op === 'array-add'); return;
      case 'stat-add': case 'stat-get': case 'histogram-get': this.#keys(body, one.global, one.keys ?? [], one.op === 'stat-add'); return;
      case 'iterate': this.#keys(body, one.global, one.slice ?? []); this.#walks.set(one.iterator, one.global); return;
      case 'advance': this.#advance(body, one); return;
      case 'call': {
        const callee = this.#program.functions[one.function];
        if (callee !== undefined) this.#arguments(callee, one.args.map(length));
        set(this.#results[one.function]?.length ?? this.#longest);
        return;
      }
      case 'intrinsic': set(this.#intrinsicLength(one.name, one.args.map(length), one.name === 'substr' ? one.args[2] : one.args[1])); return;
      case 'read-text': {
        const read = one.limit !== undefined && 'long' in one.limit && one.limit.long >= 0n ? Number(one.limit.long) : this.#longest;
        set(Math.max(read, one.fallback === undefined ? 0 : length(one.fallback)));
        return;
      }
      case 'read-bytes': set('long' in one.count && one.count.long >= 0n ? Number(one.count.long) : this.#longest); return;
      case 'save-entry': this.#raise(slots[one.slot], length(one.value)); return;
      case 'read-entry': set(slots[one.slot]?.length ?? this.#longest); return;
      case 'save-frame': this.#raise(this.#frameSlot(body, one), length(one.value)); return;
      case 'load-frame': set(this.#frameSlot(body, one).length); return;
      case 'caught': set(this.#longest);
    }
  }

  readonly #frames = new Map<IrBody, Map<string, Cell>>();

  #frameSlot(body: IrBody, { stack, slot }: { readonly stack: number; readonly slot: number }): Cell {
    const cells = this.#frames.get(body) ?? new Map<string, Cell>();
    this.#frames.set(body, cells);
    const known = cells.get(`${stack} ${slot}`) ?? cell();
    cells.set(`${stack} ${slot}`, known);
    return known;
  }

  /** Globals of the cursors of the body at hand; an `iterate` comes before its `advance`. */
  readonly #walks = new Map<IteratorId, GlobalId>();

  #advance(body: IrBody, one: IrInstruction & { readonly op: 'advance' }): void {
    const global = this.#walks.get(one.iterator) ?? -1;
    const cells = this.#globals[global];
    one.keys.forEach((register, index) => { this.#raiseRegister(body, register, this.#isUnpacked(global, index) ? this.#longest : (cells?.keys[index]?.length ?? this.#longest)); });
    if (one.value !== undefined) this.#raiseRegister(body, one.value, this.#contentLength(global));
  }

  /** A body that the host runs sees the text that a packed one stands for. */
  #inHost = false;

  #isUnpacked(global: GlobalId, key?: number): boolean {
    const found = this.#program.globals[global];
    if (!this.#inHost || found === undefined) return false;
    return key === undefined ? 'packed' in found : found.kind === 'array' && found.keys[key]?.packed === true;
  }

  #contentLength(global: GlobalId): number {
    return this.#isUnpacked(global) ? this.#longest : (this.#globals[global]?.value.length ?? this.#longest);
  }

  /** The host looks texts of packed keys up by what it knows of them: only what it puts in needs room. */
  #keys(body: IrBody, global: number, keys: readonly (Value | undefined)[], puts = false): void {
    keys.forEach((key, index) => {
      if (key !== undefined && (puts || !this.#isUnpacked(global, index))) this.#raise(this.#globals[global]?.keys[index], this.#length(body, key));
    });
  }

  #arguments(callee: IrFunction, lengths: readonly number[]): void {
    callee.params.forEach((param, index) => { this.#raiseRegister(callee.body, param, lengths[index] ?? this.#longest); });
  }

  /** Calls that the host makes when it prints reach the functions' parameters as well. */
  #print(body: IrBody, args: readonly PrintArgument[]): void {
    for (const arg of args) {
      if (arg.kind === 'value') continue;
      if (arg.kind === 'histogram') {
        this.#keys(body, arg.global, arg.keys);
        continue;
      }
      this.#print(body, arg.args);
      const callee = arg.kind === 'call' ? this.#program.functions[arg.function] : undefined;
      if (callee !== undefined) this.#arguments(callee, arg.args.map((one) => this.#printedLength(body, one)));
    }
  }

  #printedLength(body: IrBody, arg: PrintArgument): number {
    switch (arg.kind) {
      case 'value': return this.#length(body, arg.value);
      case 'call': return this.#results[arg.function]?.length ?? this.#longest;
      case 'intrinsic': return this.#intrinsicLength(arg.name, arg.args.map((one) => this.#printedLength(body, one)), undefined);
      case 'format': return this.#formatLength(body, this.#program.sites[arg.site], arg.args);
      case 'histogram': return this.#longest;
    }
  }

  #intrinsicLength(name: string, args: readonly number[], limit: Value | undefined): number {
    const { capacity } = INTRINSICS[name] ?? {};
    if (name === 'substr') {
      const most = limit !== undefined && 'long' in limit ? Math.max(0, Number(limit.long)) : this.#longest;
      return Math.min(args[0] ?? this.#longest, most);
    }
    // Of each byte at most four, and the quotes.
    if (name === 'quote' || name === 'escape') return 4 * (args[0] ?? this.#longest) + 2;
    if (name === 'regex_group') return args[0] ?? this.#longest;
    if (name === 'member_name' || name === 'member_function') return limit !== undefined && 'long' in limit ? Math.min(Number(limit.long), this.#longest) : this.#longest;
    return capacity === undefined ? this.#longest : capacity - 1;
  }

  #formatLength(body: IrBody, site: IrSite | undefined, args: readonly PrintArgument[]): number {
    if (site === undefined) return this.#longest;
    let sum = 0;
    let next = 0;
    for (const piece of site.pieces) {
      if ('literal' in piece) {
        sum += piece.literal.length;
        continue;
      }
      if (piece.width === '*') next++;
      if (piece.precision === '*') next++;
      const arg = args[next++];
      sum += this.#conversionLength(piece, arg === undefined ? this.#longest : this.#printedLength(body, arg));
    }
    return sum;
  }

  #conversionLength(piece: Exclude<FormatPiece, { readonly literal: string }>, text: number): number {
    if (piece.width === '*' || (piece.precision === '*' && piece.conversion !== 's')) return this.#longest;
    const precision = typeof piece.precision === 'number' ? piece.precision : 0;
    const width = typeof piece.width === 'number' ? piece.width : 0;
    const natural: Readonly<Record<typeof piece.conversion, number>> = {
      d: 21, u: 20, o: 24, x: 18, X: 18, p: 18, c: 4, b: 8,
      s: typeof piece.precision === 'number' ? Math.min(text, piece.precision) : text,
      m: Math.max(precision, 1),
      M: Math.max(precision, 1) * 2,
    };
    const digits = piece.conversion === 's' || piece.conversion === 'm' || piece.conversion === 'M' ? 0 : precision + 3;
    return Math.max(natural[piece.conversion], width, digits);
  }

  #length(body: IrBody, value: Value): number {
    if ('text' in value) return Math.min(value.text.length, this.#longest);
    return 'register' in value ? (this.#registers.get(body)?.[value.register]?.length ?? this.#longest) : 0;
  }

  #raiseRegister(body: IrBody, register: RegisterId, length: number): void {
    if (body.registers[register]?.type === 'string') this.#raise(this.#registers.get(body)?.[register], length);
  }

  #raise(target: Cell | undefined, length: number): void {
    const bounded = Math.min(length, this.#longest);
    if (target === undefined || bounded <= target.length) return;
    target.length = ++target.raised > PATIENCE ? this.#longest : bounded;
    this.#changed = true;
  }
}

function cell(): Cell {
  return { length: 0, raised: 0 };
}

/** Room for the text and its NUL, in whole words. */
function capacityOf(length: number): number {
  return (length + 8) & ~7;
}
