/** Structural check of a program: every number in range, every register of the right type, every loop well formed. */
import { INTRINSICS } from '@stapkit/object';
import type { IrBody, IrGlobal, IrInstruction, IrProgram, IrType, PrintArgument, RegisterId, Value } from '@stapkit/object';
import { successors } from './control-flow.js';
import { InternalError } from './internal-error.js';
import { eachOutput, terminatorInput } from './operands.js';

/** Throws an {@link InternalError} that lists what is wrong. Cheap enough to run on every program. */
export function verifyIr(program: IrProgram): void {
  const problems = findIrProblems(program);
  if (problems.length > 0) throw new InternalError(`the intermediate representation is not sound:\n  ${problems.join('\n  ')}`);
}

/** What is wrong with a program; empty when it is sound. */
export function findIrProblems(program: IrProgram): string[] {
  const problems: string[] = [];
  program.functions.forEach((one) => {
    const check = new BodyCheck(program, one.body, `function ${one.name}`, problems);
    one.params.forEach((param) => { check.register(param, undefined, 'parameter'); });
    check.run(one.result);
  });
  program.probes.forEach((probe) => {
    new BodyCheck(program, probe.body, `probe ${probe.point}`, problems, probe.entry?.slots).run(undefined);
    if (probe.entry !== undefined) new BodyCheck(program, probe.entry.body, `entry of ${probe.point}`, problems, probe.entry.slots).run(undefined);
  });
  return problems;
}

class BodyCheck {
  readonly #program: IrProgram;
  readonly #body: IrBody;
  readonly #name: string;
  readonly #problems: string[];
  readonly #slots: readonly IrType[];
  /** Where the check stands; put into words only when there is something to report. */
  #place: () => string = () => '';

  constructor(program: IrProgram, body: IrBody, name: string, problems: string[], slots: readonly IrType[] = []) {
    this.#program = program;
    this.#body = body;
    this.#name = name;
    this.#problems = problems;
    this.#slots = slots;
  }

  run(result: IrType | undefined): void {
    if (this.#body.blocks.length === 0) this.#report('has no blocks');
    this.#body.blocks.forEach((block, id) => {
      this.#place = () => `b${id}`;
      for (const target of successors(block)) if (this.#body.blocks[target] === undefined) this.#report(`goes to b${target}, which does not exist`);
      block.instructions.forEach((instruction, index) => {
        this.#place = () => `b${id}[${index}] ${instruction.op}`;
        this.#instruction(instruction);
        if (instruction.op === 'caught' && index !== 0) this.#report('is not the first instruction of its block');
      });
      this.#place = () => `b${id} ${block.terminator.kind}`;
      const input = terminatorInput(block.terminator);
      if (block.terminator.kind === 'branch') this.#value(input, 'long');
      if (block.terminator.kind === 'throw') this.#value(input, 'string');
      if (block.terminator.kind === 'return' && (input !== undefined || result !== undefined)) this.#value(input, result);
    });
    this.#place = () => 'loops';
    for (const loop of this.#body.loops) {
      if (!loop.blocks.includes(loop.header)) this.#report(`b${loop.header} is not in its own loop`);
      if (loop.blocks.some((block) => this.#body.blocks[block] === undefined)) this.#report(`the loop of b${loop.header} holds a block that does not exist`);
    }
  }

  register(register: RegisterId, type: IrType | undefined, what = 'result'): void {
    const known = this.#body.registers[register];
    if (known === undefined) this.#report(`${what} r${register} does not exist`);
    else if (type !== undefined && known.type !== type) this.#report(`${what} r${register} is a ${known.type}, not a ${type}`);
  }

  #report(problem: string): void {
    this.#problems.push(`${this.#name}: ${this.#place()}: ${problem}`);
  }

  #value(value: Value | undefined, type: IrType | undefined): void {
    if (value === undefined) this.#report('lacks an input');
    else if (type === undefined) this.#report('has an input that it should not have');
    else if ('register' in value) this.register(value.register, type, 'input');
    else if (('long' in value) !== (type === 'long')) this.#report(`has a constant that is not a ${type}`);
    else if ('long' in value && BigInt.asIntN(64, value.long) !== value.long) this.#report('has a constant beyond 64 bits');
  }

  #values(values: readonly Value[], types: readonly IrType[]): void {
    if (values.length !== types.length) this.#report(`has ${values.length} inputs, not ${types.length}`);
    else values.forEach((value, index) => { this.#value(value, types[index]); });
  }

  #type(value: Value): IrType {
    if ('register' in value) return this.#body.registers[value.register]?.type ?? 'long';
    return 'long' in value ? 'long' : 'string';
  }

  #global(id: number): IrGlobal | undefined {
    const global = this.#program.globals[id];
    if (global === undefined) this.#report(`global ${id} does not exist`);
    return global;
  }

  #array(id: number, keys: readonly Value[], allowed: readonly string[]): IrGlobal | undefined {
    const global = this.#global(id);
    if (global === undefined) return undefined;
    if (global.kind !== 'array') this.#report(`'${global.name}' is not an array`);
    else {
      this.#values(keys, global.keys.map((key) => key.type));
      if (!allowed.includes(global.value)) this.#report(`does not fit an array of ${global.value}`);
    }
    return global;
  }

  /** A scalar statistic without keys, an array of statistics with. */
  #statistic(id: number, keys: readonly Value[] | undefined): void {
    if (keys !== undefined) this.#array(id, keys, ['stat']);
    else if (this.#global(id)?.kind !== 'stat') this.#report(`global ${id} is not a statistic`);
  }

  #print(args: readonly PrintArgument[]): void {
    for (const arg of args) {
      if (arg.kind === 'value') this.#value(arg.value, this.#type(arg.value));
      else if (arg.kind === 'histogram') this.#statistic(arg.global, arg.keys.length === 0 ? undefined : arg.keys);
      else {
        if (arg.kind === 'call' && this.#program.functions[arg.function]?.pure !== true) this.#report(`prints a call of function ${arg.function}, which is not pure`);
        if (arg.kind === 'format') this.#site(arg.site);
        if (arg.kind === 'intrinsic' && INTRINSICS[arg.name]?.pure !== true) this.#report(`prints the intrinsic '${arg.name}', which is not pure`);
        this.#print(arg.args);
      }
    }
  }

  #site(id: number): void {
    if (this.#program.sites[id] === undefined) this.#report(`site ${id} does not exist`);
  }

  #instruction(one: IrInstruction): void {
    eachOutput(one, (register) => { this.register(register, undefined); });
    switch (one.op) {
      case 'move': this.#value(one.src, this.#body.registers[one.dst]?.type ?? this.#type(one.src)); return;
      case 'unary': this.#value(one.src, 'long'); this.register(one.dst, 'long'); return;
      case 'binary': this.#values([one.a, one.b], ['long', 'long']); this.register(one.dst, 'long'); return;
      case 'compare-text': this.#values([one.a, one.b], ['string', 'string']); this.register(one.dst, 'long'); return;
      case 'concat': one.parts.forEach((part) => { this.#value(part, 'string'); }); this.register(one.dst, 'string'); return;
      case 'format': this.#site(one.site); this.#print(one.args); this.register(one.dst, 'string'); return;
      case 'print': this.#site(one.site); this.#print(one.args); return;
      case 'call': {
        const callee = this.#program.functions[one.function];
        if (callee === undefined) this.#report(`function ${one.function} does not exist`);
        else {
          this.#values(one.args, callee.params.map((param) => callee.body.registers[param]?.type ?? 'long'));
          if (one.dst !== undefined) this.register(one.dst, callee.result ?? 'long');
        }
        return;
      }
      case 'intrinsic': {
        const intrinsic = INTRINSICS[one.name];
        if (intrinsic === undefined) this.#report(`intrinsic '${one.name}' does not exist`);
        else {
          this.#values(one.args, intrinsic.params);
          if (one.dst !== undefined) this.register(one.dst, intrinsic.result);
        }
        return;
      }
      case 'caught': this.register(one.dst, 'string'); return;
      default: this.#memory(one);
    }
  }

  /** Globals, arrays, context and memory. */
  #memory(one: IrInstruction): void {
    switch (one.op) {
      case 'load-global': this.register(one.dst, scalarType(this.#global(one.global))); return;
      case 'store-global': this.#value(one.src, scalarType(this.#global(one.global))); return;
      case 'add-global':
        this.#value(one.value, 'long');
        if (this.#global(one.global)?.kind !== 'long') this.#report('adds to something that is no long');
        return;
      case 'clear-global': this.#global(one.global); return;
      case 'array-get': {
        const global = this.#array(one.global, one.keys, ['long', 'string']);
        if (global?.kind === 'array' && global.value !== 'stat') this.register(one.dst, global.value);
        return;
      }
      case 'array-set': {
        const global = this.#array(one.global, one.keys, ['long', 'string']);
        if (global?.kind === 'array' && global.value !== 'stat') this.#value(one.src, global.value);
        return;
      }
      case 'array-add': this.#array(one.global, one.keys, ['long']); this.#value(one.value, 'long'); return;
      case 'array-has': this.#array(one.global, one.keys, ['long', 'string', 'stat']); this.register(one.dst, 'long'); return;
      case 'array-delete': this.#array(one.global, one.keys, ['long', 'string', 'stat']); return;
      case 'array-clear': if (this.#global(one.global)?.kind !== 'array') this.#report('clears something that is no array'); return;
      case 'stat-add': this.#statistic(one.global, one.keys); this.#value(one.value, 'long'); return;
      case 'stat-get': this.#statistic(one.global, one.keys); this.register(one.dst, 'long'); return;
      case 'histogram-get': this.#statistic(one.global, one.keys); this.#value(one.index, 'long'); this.register(one.dst, 'long'); return;
      case 'iterate': if (this.#global(one.global)?.kind !== 'array') this.#report('walks something that is no array'); return;
      case 'advance': this.register(one.more, 'long'); return;
      case 'read-argument': case 'read-return': case 'read-register': this.register(one.dst, 'long'); return;
      case 'save-entry': case 'read-entry': {
        const type = this.#slots[one.slot];
        if (type === undefined) this.#report(`entry slot ${one.slot} does not exist`);
        else if (one.op === 'save-entry') this.#value(one.value, type);
        else this.register(one.dst, type);
        return;
      }
      case 'save-frame': this.#value(one.depth, 'long'); this.#value(one.value, this.#type(one.value)); return;
      case 'load-frame': this.#value(one.depth, 'long'); return;
      case 'field-address': this.#field(one.field); this.#value(one.base, 'long'); this.register(one.dst, 'long'); return;
      case 'read-memory':
        if (one.field !== undefined) this.#field(one.field);
        this.#value(one.address, 'long');
        this.register(one.dst, 'long');
        return;
      case 'read-bytes': this.#value(one.address, 'long'); this.#value(one.count, 'long'); this.register(one.dst, 'string'); return;
      case 'read-text':
        this.#value(one.address, 'long');
        if (one.limit !== undefined) this.#value(one.limit, 'long');
        if (one.fallback !== undefined) this.#value(one.fallback, 'string');
        this.register(one.dst, 'string');
    }
  }

  #field(id: number): void {
    if (this.#program.fields[id] === undefined) this.#report(`field ${id} does not exist`);
  }
}

function scalarType(global: IrGlobal | undefined): IrType | undefined {
  return global?.kind === 'long' || global?.kind === 'string' ? global.kind : undefined;
}
