/** What an instruction reads and writes, and how to rewrite it: the one place that knows the operands of every op. */
import type { IrInstruction, IrTerminator, PrintArgument, RegisterId, Value } from '@stapkit/object';

export type ValueMap = (value: Value) => Value;

export const longValue = (long: bigint): Value => ({ long });
export const textValue = (text: string): Value => ({ text });
export const registerValue = (register: RegisterId): Value => ({ register });

export function sameValue(a: Value, b: Value): boolean {
  if ('register' in a) return 'register' in b && a.register === b.register;
  if ('long' in a) return 'long' in b && a.long === b.long;
  return 'text' in b && a.text === b.text;
}

/** Every value leaf of print arguments, in order. */
export function eachPrintValue(args: readonly PrintArgument[], visit: (value: Value) => void): void {
  for (const arg of args) {
    if (arg.kind === 'value') visit(arg.value);
    else if (arg.kind === 'histogram') arg.keys.forEach(visit);
    else eachPrintValue(arg.args, visit);
  }
}

/** Rewrites the leaves of print arguments. A `value` leaf may become a whole tree. */
export function mapPrintArguments(args: readonly PrintArgument[], map: (value: Value) => PrintArgument, keys: ValueMap): PrintArgument[] {
  return args.map((arg) => {
    if (arg.kind === 'value') return map(arg.value);
    if (arg.kind === 'histogram') return { ...arg, keys: arg.keys.map(keys) };
    return { ...arg, args: mapPrintArguments(arg.args, map, keys) };
  });
}

/** Calls `visit` for each input of the instruction, in the order of evaluation. */
export function eachInput(instruction: IrInstruction, visit: (value: Value) => void): void {
  switch (instruction.op) {
    case 'move': case 'unary': case 'store-global': visit(instruction.src); return;
    case 'binary': case 'compare-text': visit(instruction.a); visit(instruction.b); return;
    case 'concat': instruction.parts.forEach(visit); return;
    case 'format': case 'print': eachPrintValue(instruction.args, visit); return;
    case 'load-global': case 'clear-global': case 'array-clear': case 'advance': return;
    case 'read-argument': case 'read-return': case 'read-register': case 'read-entry': case 'caught': return;
    case 'add-global': case 'save-entry': visit(instruction.value); return;
    case 'save-frame': visit(instruction.depth); visit(instruction.value); return;
    case 'load-frame': visit(instruction.depth); return;
    case 'array-get': case 'array-has': case 'array-delete': instruction.keys.forEach(visit); return;
    case 'array-set': instruction.keys.forEach(visit); visit(instruction.src); return;
    case 'array-add': instruction.keys.forEach(visit); visit(instruction.value); return;
    case 'stat-add': instruction.keys?.forEach(visit); visit(instruction.value); return;
    case 'stat-get': instruction.keys?.forEach(visit); return;
    case 'histogram-get': instruction.keys?.forEach(visit); visit(instruction.index); return;
    case 'iterate':
      for (const key of instruction.slice ?? []) if (key !== undefined) visit(key);
      if (instruction.limit !== undefined) visit(instruction.limit);
      if (instruction.skip !== undefined) visit(instruction.skip);
      return;
    case 'call': case 'intrinsic': instruction.args.forEach(visit); return;
    case 'field-address': visit(instruction.base); return;
    case 'read-memory': visit(instruction.address); return;
    case 'read-bytes': visit(instruction.address); visit(instruction.count); return;
    case 'read-text':
      visit(instruction.address);
      if (instruction.limit !== undefined) visit(instruction.limit);
      if (instruction.fallback !== undefined) visit(instruction.fallback);
  }
}

/** A copy of the instruction with every input replaced; the same object when nothing changed. */
export function mapInputs(instruction: IrInstruction, map: ValueMap): IrInstruction {
  let changed = false as boolean;
  eachInput(instruction, (value) => {
    changed ||= map(value) !== value;
  });
  return changed ? replaceInputs(instruction, map) : instruction;
}

export function inputsOf(instruction: IrInstruction): Value[] {
  const inputs: Value[] = [];
  eachInput(instruction, (value) => {
    inputs.push(value);
  });
  return inputs;
}

export function outputsOf(instruction: IrInstruction): RegisterId[] {
  const outputs: RegisterId[] = [];
  eachOutput(instruction, (register) => {
    outputs.push(register);
  });
  return outputs;
}

function replaceInputs(instruction: IrInstruction, map: ValueMap): IrInstruction {
  switch (instruction.op) {
    case 'move': case 'unary': case 'store-global': return { ...instruction, src: map(instruction.src) };
    case 'binary': case 'compare-text': return { ...instruction, a: map(instruction.a), b: map(instruction.b) };
    case 'concat': return { ...instruction, parts: instruction.parts.map(map) };
    case 'format': case 'print':
      return { ...instruction, args: mapPrintArguments(instruction.args, (value) => ({ kind: 'value', value: map(value) }), map) };
    case 'load-global': case 'clear-global': case 'array-clear': case 'advance':
    case 'read-argument': case 'read-return': case 'read-register': case 'read-entry': case 'caught':
      return instruction;
    case 'add-global': case 'save-entry': return { ...instruction, value: map(instruction.value) };
    case 'save-frame': return { ...instruction, depth: map(instruction.depth), value: map(instruction.value) };
    case 'load-frame': return { ...instruction, depth: map(instruction.depth) };
    case 'array-get': case 'array-has': case 'array-delete': return { ...instruction, keys: instruction.keys.map(map) };
    case 'array-set': return { ...instruction, keys: instruction.keys.map(map), src: map(instruction.src) };
    case 'array-add': return { ...instruction, keys: instruction.keys.map(map), value: map(instruction.value) };
    case 'stat-add':
      return { ...instruction, ...mapKeys(instruction.keys, map), value: map(instruction.value) };
    case 'stat-get': return { ...instruction, ...mapKeys(instruction.keys, map) };
    case 'histogram-get': return { ...instruction, ...mapKeys(instruction.keys, map), index: map(instruction.index) };
    case 'iterate':
      return {
        ...instruction,
        ...(instruction.slice === undefined ? {} : { slice: instruction.slice.map((key) => (key === undefined ? undefined : map(key))) }),
        ...(instruction.limit === undefined ? {} : { limit: map(instruction.limit) }),
        ...(instruction.skip === undefined ? {} : { skip: map(instruction.skip) }),
      };
    case 'call': case 'intrinsic': return { ...instruction, args: instruction.args.map(map) };
    case 'field-address': return { ...instruction, base: map(instruction.base) };
    case 'read-memory': return { ...instruction, address: map(instruction.address) };
    case 'read-bytes': return { ...instruction, address: map(instruction.address), count: map(instruction.count) };
    case 'read-text':
      return {
        ...instruction,
        address: map(instruction.address),
        ...(instruction.limit === undefined ? {} : { limit: map(instruction.limit) }),
        ...(instruction.fallback === undefined ? {} : { fallback: map(instruction.fallback) }),
      };
  }
}

function mapKeys(keys: readonly Value[] | undefined, map: ValueMap): { keys?: readonly Value[] } {
  return keys === undefined ? {} : { keys: keys.map(map) };
}

/** Calls `visit` for each register that the instruction writes. */
export function eachOutput(instruction: IrInstruction, visit: (register: RegisterId) => void): void {
  if (instruction.op === 'advance') {
    visit(instruction.more);
    instruction.keys.forEach(visit);
    if (instruction.value !== undefined) visit(instruction.value);
  } else if ('dst' in instruction) visit(instruction.dst);
}

/** A copy of the instruction that writes other registers. */
export function mapOutputs(instruction: IrInstruction, map: (register: RegisterId) => RegisterId): IrInstruction {
  if (instruction.op === 'advance') {
    return {
      ...instruction,
      more: map(instruction.more),
      keys: instruction.keys.map(map),
      ...(instruction.value === undefined ? {} : { value: map(instruction.value) }),
    };
  }
  if ('dst' in instruction) return { ...instruction, dst: map(instruction.dst) };
  return instruction;
}

export function terminatorInput(terminator: IrTerminator): Value | undefined {
  switch (terminator.kind) {
    case 'jump': return undefined;
    case 'branch': return terminator.condition;
    case 'return': return terminator.value;
    case 'throw': return terminator.message;
  }
}

export function mapTerminatorInput(terminator: IrTerminator, map: ValueMap): IrTerminator {
  switch (terminator.kind) {
    case 'jump': return terminator;
    case 'branch': return { ...terminator, condition: map(terminator.condition) };
    case 'return': return terminator.value === undefined ? terminator : { ...terminator, value: map(terminator.value) };
    case 'throw': return { ...terminator, message: map(terminator.message) };
  }
}
