/** Runs bodies in tests: longs, strings, scalar and array globals, calls, catches. Not the product's executor. */
import type { IrBody, IrInstruction, IrProgram, PrintArgument, Value } from '@stapkit/object';
import { errnoName, escapeText, findText, quoteText, spanText } from '@stapkit/object';
import { compareSign, evaluateBinary, evaluateUnary } from './optimize-fold.js';

type Datum = bigint | string;

class ScriptError extends Error {}

/** What a run of all probes, in order, leaves behind. */
export interface Outcome {
  readonly output: string;
  readonly globals: readonly unknown[];
}

const STEPS = 20_000;

export class Interpreter {
  readonly #program: IrProgram;
  readonly #args: readonly bigint[];
  readonly #globals: (Datum | Map<string, Datum>)[];
  readonly #frames = new Map<string, Datum>();
  #output = '';
  #steps = 0;

  constructor(program: IrProgram, args: readonly bigint[] = []) {
    this.#program = program;
    this.#args = args;
    this.#globals = program.globals.map((global) => (global.kind === 'long' || global.kind === 'string' ? global.initial : new Map<string, Datum>()));
  }

  run(): Outcome {
    for (const probe of this.#program.probes) {
      const slots: Datum[] = [];
      try {
        if (probe.entry !== undefined) this.#body(probe.entry.body, [], slots);
        this.#body(probe.body, [], slots);
      } catch (error) {
        if (!(error instanceof ScriptError)) throw error;
        this.#output += `ERROR: ${error.message}\n`;
      }
    }
    const byName = this.#program.globals.map((global, id) => [global.name, this.#globals[id]] as const);
    return { output: this.#output, globals: byName.map(([name, value]) => [name, value instanceof Map ? [...value] : value]) };
  }

  #body(body: IrBody, args: readonly Datum[], slots: Datum[]): Datum | undefined {
    const registers: Datum[] = body.registers.map((register, index) => args[index] ?? (register.type === 'long' ? 0n : ''));
    let at = 0;
    let caught = '';
    for (;;) {
      const block = body.blocks[at];
      if (block === undefined) throw new Error(`no block b${at}`);
      try {
        for (const one of block.instructions) {
          if (++this.#steps > STEPS) throw new RangeError('too many steps');
          if (one.op === 'caught') registers[one.dst] = caught;
          else if (one.op === 'save-entry') slots[one.slot] = valueOf(registers, one.value);
          else if (one.op === 'read-entry') registers[one.dst] = slots[one.slot] ?? 0n;
          else this.#step(one, registers);
        }
        const { terminator } = block;
        if (++this.#steps > STEPS) throw new RangeError('too many steps');
        if (terminator.kind === 'return') return terminator.value === undefined ? undefined : valueOf(registers, terminator.value);
        if (terminator.kind === 'throw') throw new ScriptError(String(valueOf(registers, terminator.message)));
        if (terminator.kind === 'jump') at = terminator.target;
        else at = valueOf(registers, terminator.condition) !== 0n ? terminator.then : terminator.otherwise;
      } catch (error) {
        if (!(error instanceof ScriptError) || block.onError === undefined) throw error;
        caught = error.message;
        at = block.onError;
      }
    }
  }

  #step(one: IrInstruction, registers: Datum[]): void {
    const value = (input: Value): Datum => valueOf(registers, input);
    const long = (input: Value): bigint => BigInt(value(input));
    const set = (result: Datum): void => {
      if ('dst' in one) registers[one.dst] = result;
    };
    switch (one.op) {
      case 'move': set(value(one.src)); return;
      case 'unary': set(value(evaluateUnary(one.fn, long(one.src)))); return;
      case 'binary': {
        const result = evaluateBinary(one.fn, long(one.a), long(one.b));
        if (result === undefined) throw new ScriptError('division by 0');
        set(result);
        return;
      }
      case 'compare-text': {
        const [a, b] = [value(one.a), value(one.b)];
        set(compareSign(one.fn, a < b ? -1 : a > b ? 1 : 0) ? 1n : 0n);
        return;
      }
      case 'concat': set(one.parts.map(value).join('').slice(0, 511)); return;
      case 'format': set(this.#format(one.site, one.args, registers).slice(0, 511)); return;
      case 'print': this.#output += this.#format(one.site, one.args, registers); return;
      case 'call': set(this.#call(one.function, one.args.map(value))); return;
      case 'intrinsic': set(intrinsic(one.name, one.args.map(value))); return;
      case 'save-frame': this.#frames.set(`${one.stack} ${one.slot} ${long(one.depth)}`, value(one.value)); return;
      case 'load-frame': {
        const kept = this.#frames.get(`${one.stack} ${one.slot} ${long(one.depth)}`);
        if (kept === undefined) throw new Error('a frame is read before it is written');
        set(kept);
        return;
      }
      case 'read-argument': set(this.#args[one.index] ?? 0n); return;
      case 'read-text': set(`<${long(one.address)}>`); return;
      case 'read-memory': set(long(one.address) * 3n); return;
      case 'load-global': set(this.#globals[one.global] as Datum); return;
      case 'store-global': this.#globals[one.global] = value(one.src); return;
      case 'add-global': {
        const old = this.#globals[one.global] as bigint;
        this.#globals[one.global] = BigInt.asIntN(64, old + long(one.value));
        set(one.result === 'old' ? old : (this.#globals[one.global] as bigint));
        return;
      }
      default: this.#array(one, value, set);
    }
  }

  #array(one: IrInstruction, value: (input: Value) => Datum, set: (result: Datum) => void): void {
    if (!('global' in one) || !('keys' in one)) throw new Error(`the test interpreter has no '${one.op}'`);
    const map = this.#globals[one.global] as Map<string, Datum>;
    const key = one.keys.map((part) => String(value(part))).join('|');
    const global = this.#program.globals[one.global];
    const none = global?.kind === 'array' && global.value === 'string' ? '' : 0n;
    if (one.op === 'array-get') set(map.get(key) ?? none);
    else if (one.op === 'array-has') set(map.has(key) ? 1n : 0n);
    else if (one.op === 'array-delete') map.delete(key);
    else if (one.op === 'array-set') map.set(key, value(one.src));
    else if (one.op === 'array-add') {
      const old = BigInt(map.get(key) ?? 0n);
      map.set(key, BigInt.asIntN(64, old + BigInt(value(one.value))));
      set(one.result === 'old' ? old : (map.get(key) ?? 0n));
    } else throw new Error(`the test interpreter has no '${one.op}'`);
  }

  #call(id: number, args: readonly Datum[]): Datum {
    const callee = this.#program.functions[id];
    if (callee === undefined) throw new Error(`no function ${id}`);
    return this.#body(callee.body, args, []) ?? 0n;
  }

  #argument(arg: PrintArgument, registers: readonly Datum[]): Datum {
    switch (arg.kind) {
      case 'value': return valueOf(registers, arg.value);
      case 'call': return this.#call(arg.function, arg.args.map((one) => this.#argument(one, registers)));
      case 'intrinsic': return intrinsic(arg.name, arg.args.map((one) => this.#argument(one, registers)));
      case 'format': return this.#format(arg.site, arg.args, registers).slice(0, 511);
      case 'histogram': throw new Error('the test interpreter has no histograms');
    }
  }

  #format(id: number, args: readonly PrintArgument[], registers: readonly Datum[]): string {
    let next = 0;
    const texts = this.#program.sites[id]?.pieces.map((piece) => {
      if ('literal' in piece) return piece.literal;
      const arg = args[next++];
      const datum = arg === undefined ? '?' : this.#argument(arg, registers);
      return piece.conversion === 'x' ? BigInt.asUintN(64, BigInt(datum)).toString(16) : String(datum);
    });
    return texts?.join('') ?? '';
  }
}

function valueOf(registers: readonly Datum[], value: Value): Datum {
  if ('long' in value) return value.long;
  if ('text' in value) return value.text;
  const datum = registers[value.register];
  if (datum === undefined) throw new Error(`no register r${value.register}`);
  return datum;
}

function intrinsic(name: string, args: readonly Datum[]): Datum {
  const [first, second, third, fourth] = args;
  switch (name) {
    case 'pid': return 42n;
    case 'execname': return 'node';
    case 'strlen': return BigInt(String(first).length);
    case 'substr': return String(first).slice(Number(second), Number(second) + Number(third));
    case 'quote': return quoteText(String(first), 511);
    case 'escape': return escapeText(String(first), 511);
    case 'find': return findText(String(first), String(second), BigInt(third ?? 0n));
    case 'span': return spanText(String(first), String(second), BigInt(third ?? 0n), BigInt(fourth ?? 0n));
    case 'errno_name': return errnoName(BigInt(first ?? 0n));
    case 'stringat': return BigInt(String(first).charCodeAt(Number(second)) || 0);
    default: throw new Error(`the test interpreter has no intrinsic '${name}'`);
  }
}
