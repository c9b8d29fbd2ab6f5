/** Instructions of the IR to closures: moves, arithmetic, text, calls, printing. Globals and arrays are in global-instructions.ts. */
import type { Comparison, IrInstruction, LongBinary, LongUnary, SourceLocation } from '@stapkit/object';
import { InternalError, ScriptError, readFault } from '../format/script-error.js';
import { readAll, readLong, readScalar, readString } from './frame.js';
import type { Frame, Read, Step } from './frame.js';
import type { Scalar } from '../format/printf.js';
import { kernelLong, kernelText } from './kernel-memory.js';
import { compileGlobalInstruction } from './global-instructions.js';
import { NO_REGISTERS, hostIntrinsic } from './intrinsics.js';
import { RECORD_VALUES } from '../format/printed-records.js';
import { compileArgument } from './print-arguments.js';
import type { HostProgram } from './program.js';

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

function divisor(value: bigint, location: SourceLocation | undefined): bigint {
  if (value === 0n) throw new ScriptError('division by 0', location);
  return value;
}

/** Longs in, long out; results normalised. `x / -1` of the least long wraps to itself. */
function binaryFunction(fn: LongBinary, location: SourceLocation | undefined): (a: bigint, b: bigint) => bigint {
  switch (fn) {
    case 'add': return (a, b) => wrap(a + b);
    case 'sub': return (a, b) => wrap(a - b);
    case 'mul': return (a, b) => wrap(a * b);
    case 'div': return (a, b) => wrap(a / divisor(b, location));
    case 'mod': return (a, b) => a % divisor(b, location);
    case 'and': return (a, b) => a & b;
    case 'or': return (a, b) => a | b;
    case 'xor': return (a, b) => a ^ b;
    case 'shl': return (a, b) => wrap(a << (b & 63n));
    case 'shr': return (a, b) => a >> (b & 63n);
    case 'ushr': return (a, b) => wrap(BigInt.asUintN(64, a) >> (b & 63n));
    case 'eq': return (a, b) => truth(a === b);
    case 'ne': return (a, b) => truth(a !== b);
    case 'lt': return (a, b) => truth(a < b);
    case 'le': return (a, b) => truth(a <= b);
    case 'gt': return (a, b) => truth(a > b);
    case 'ge': return (a, b) => truth(a >= b);
    default: return fn satisfies never;
  }
}

function unaryFunction(fn: LongUnary): (value: bigint) => bigint {
  switch (fn) {
    case 'neg': return (value) => wrap(-value);
    case 'not': return (value) => ~value;
    case 'lnot': return (value) => truth(value === 0n);
    default: return fn satisfies never;
  }
}

function textComparison(fn: Comparison): (a: string, b: string) => boolean {
  switch (fn) {
    case 'eq': return (a, b) => a === b;
    case 'ne': return (a, b) => a !== b;
    case 'lt': return (a, b) => a < b;
    case 'le': return (a, b) => a <= b;
    case 'gt': return (a, b) => a > b;
    case 'ge': return (a, b) => a >= b;
    default: return fn satisfies never;
  }
}

/** Of other processes' memory this one sees nothing: reading faults, as a bad address does. */
function compileMemoryInstruction(instruction: Extract<IrInstruction, { op: 'read-memory' | 'read-text' | 'read-bytes' }>, program: HostProgram): Step {
  const address = readLong(instruction.address);
  const fallback = instruction.op === 'read-text' && instruction.fallback !== undefined ? readString(instruction.fallback) : undefined;
  const read = instruction.space === 'kernel' ? kernelReader(instruction, program) : () => undefined;
  const kind = instruction.op === 'read-text' ? 'string copy' : 'read';
  return (frame) => {
    const value = read(address(frame), frame) ?? fallback?.(frame);
    if (value === undefined) throw readFault(instruction.space, kind, address(frame), instruction.location);
    frame.registers[instruction.dst] = value;
  };
}

function kernelReader(instruction: Extract<IrInstruction, { op: 'read-memory' | 'read-text' | 'read-bytes' }>, program: HostProgram): (address: bigint, frame: Frame) => Scalar | undefined {
  switch (instruction.op) {
    case 'read-memory': {
      const { type: { bytes, signed }, field } = instruction;
      return field === undefined ? (address) => kernelLong(program, address, bytes, signed) : () => undefined;
    }
    case 'read-text': {
      const limit = instruction.limit === undefined ? () => -1n : readLong(instruction.limit);
      return (address, frame) => kernelText(program, address, limit(frame));
    }
    case 'read-bytes': {
      const count = readLong(instruction.count);
      return (address, frame) => {
        const length = Math.min(Math.max(Number(count(frame)), 1), program.stringLimit);
        const found = program.kernelMemory(address, length);
        return found?.length === length ? Buffer.from(found).toString('latin1') : undefined;
      };
    }
    default: return instruction satisfies never;
  }
}

function compileCall(instruction: Extract<IrInstruction, { op: 'call' }>, program: HostProgram): Step {
  const args = readAll(instruction.args);
  const target = program.functionBody(instruction.function);
  const { dst, location } = instruction;
  return (frame) => {
    const result = program.callInside(frame.run, target, args(frame), location);
    if (dst !== undefined) frame.registers[dst] = result;
  };
}

function compilePrint(instruction: Extract<IrInstruction, { op: 'print' | 'format' }>, program: HostProgram): Step {
  const reads = instruction.args.map((argument) => compileArgument(argument, readScalar, program));
  if (instruction.op === 'format') return (frame) => { frame.registers[instruction.dst] = program.formatSite(instruction.site, reads.map((read) => read(frame))); };
  const formatter = program.formatter(instruction.site);
  const { kind, records } = program.site(instruction.site);
  if (records !== undefined) {
    return (frame) => {
      const values = reads.map((read) => read(frame));
      program.emit(kind, program.printed.render(records, program.runningProbeName, formatter(values.slice(0, -RECORD_VALUES)), values));
    };
  }
  return (frame) => {
    const text = formatter(reads.map((read) => read(frame)));
    if (kind === 'error') throw new ScriptError(text, instruction.location);
    program.emit(kind, text);
  };
}

function compileConcat(instruction: Extract<IrInstruction, { op: 'concat' }>, program: HostProgram): Step {
  const reads: Read<string>[] = instruction.parts.map(readString);
  const limit = program.stringLimit;
  return (frame) => {
    let text = '';
    for (const read of reads) text += read(frame);
    frame.registers[instruction.dst] = text.length > limit ? text.slice(0, limit) : text;
  };
}

export function compileInstruction(instruction: IrInstruction, program: HostProgram): Step {
  switch (instruction.op) {
    case 'move': {
      const src = readScalar(instruction.src);
      return (frame) => { frame.registers[instruction.dst] = src(frame); };
    }
    case 'unary': {
      const src = readLong(instruction.src);
      const apply = unaryFunction(instruction.fn);
      return (frame) => { frame.registers[instruction.dst] = apply(src(frame)); };
    }
    case 'binary': {
      const a = readLong(instruction.a);
      const b = readLong(instruction.b);
      const apply = binaryFunction(instruction.fn, instruction.location);
      return (frame) => { frame.registers[instruction.dst] = apply(a(frame), b(frame)); };
    }
    case 'compare-text': {
      const a = readString(instruction.a);
      const b = readString(instruction.b);
      const holds = textComparison(instruction.fn);
      return (frame) => { frame.registers[instruction.dst] = truth(holds(a(frame), b(frame))); };
    }
    case 'concat': return compileConcat(instruction, program);
    case 'format': case 'print': return compilePrint(instruction, program);
    case 'call': return compileCall(instruction, program);
    case 'intrinsic': {
      const args = readAll(instruction.args);
      const apply = hostIntrinsic(instruction.name);
      const { dst } = instruction;
      return (frame) => {
        const result = apply(args(frame), program);
        if (dst !== undefined) frame.registers[dst] = result;
      };
    }
    case 'caught': return (frame) => { frame.registers[instruction.dst] = frame.caught.slice(0, program.stringLimit); };
    case 'read-memory': case 'read-text': case 'read-bytes': return compileMemoryInstruction(instruction, program);
    case 'read-register': return () => {
      throw new ScriptError(NO_REGISTERS, instruction.location);
    };
    case 'read-argument': case 'read-return': case 'save-entry': case 'read-entry': case 'save-frame': case 'load-frame': case 'field-address':
      throw new InternalError(`"${instruction.op}" stands in a probe that runs in this process`);
    default: return compileGlobalInstruction(instruction, program);
  }
}
