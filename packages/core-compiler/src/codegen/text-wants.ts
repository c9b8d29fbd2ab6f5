/**
 * What the users of each text register need: its length (concatenation, long print
 * leaves), NUL padding up to the capacity (keys, comparison, storage), or both. Making
 * only what is needed saves most of the work that texts cost.
 */
import type { IrBody, IrInstruction, PrintArgument, RegisterId, Value } from '@stapkit/object';
import { eachPrintValue } from '../ir/index.js';
import { FIXED_TEXT_LIMIT, textCapacity } from './print-entry.js';
import { textSlotBytes } from './text-layout.js';

const MEASURED: ReadonlySet<string> = new Set(['strlen', 'substr', 'stringat', 'find', 'span', 'regex_group']);

export interface TextWants {
  readonly length: ReadonlySet<RegisterId>;
  readonly padding: ReadonlySet<RegisterId>;
}

export function findTextWants(body: IrBody, stringLimit: number, errorText: RegisterId | undefined): TextWants {
  const length = new Set<RegisterId>();
  const padding = new Set<RegisterId>();
  const moves: { from: RegisterId; to: RegisterId }[] = [];
  const want = (set: Set<RegisterId>) => (value: Value | undefined): void => {
    if (value !== undefined && 'register' in value && body.registers[value.register]?.type === 'string') set.add(value.register);
  };
  const wantLength = want(length);
  const wantPadding = want(padding);
  const printed = (value: Value): void => {
    if (!('register' in value)) return;
    const isShort = body.registers[value.register]?.bytes !== true && textSlotBytes(textCapacity(body, value.register, stringLimit)) <= FIXED_TEXT_LIMIT;
    (isShort ? wantPadding : wantLength)(value);
  };
  const moved = (from: Value | undefined, to: RegisterId | undefined): void => {
    if (from !== undefined && to !== undefined && 'register' in from) moves.push({ from: from.register, to });
  };
  if (errorText !== undefined) {
    length.add(errorText);
    padding.add(errorText);
  }
  for (const { instructions, terminator } of body.blocks) {
    for (const one of instructions) visitInstruction(one, { wantLength, wantPadding, printed, moved });
    if (terminator.kind === 'throw') {
      printed(terminator.message);
      if (errorText !== undefined) moved(terminator.message, errorText);
    }
    for (const one of instructions) if (one.op === 'caught' && errorText !== undefined) moves.push({ from: errorText, to: one.dst });
  }
  spread(moves, length);
  spread(moves, padding);
  return { length, padding };
}

interface Visitor {
  readonly wantLength: (value: Value | undefined) => void;
  readonly wantPadding: (value: Value | undefined) => void;
  readonly printed: (value: Value) => void;
  readonly moved: (from: Value | undefined, to: RegisterId | undefined) => void;
}

function visitInstruction(one: IrInstruction, { wantLength, wantPadding, printed, moved }: Visitor): void {
  switch (one.op) {
    case 'move': moved(one.src, one.dst); break;
    case 'concat': one.parts.forEach(wantLength); break;
    case 'format':
      eachPrintValue(one.args, wantLength);
      eachHistogramKey(one.args, wantPadding);
      break;
    case 'print':
      eachPrintValue(one.args, printed);
      eachHistogramKey(one.args, wantPadding);
      break;
    case 'compare-text': wantPadding(one.a); wantPadding(one.b); break;
    case 'store-global': case 'array-set': wantPadding(one.src); break;
    case 'save-entry': case 'save-frame': wantPadding(one.value); break;
    case 'iterate': one.slice?.forEach(wantPadding); break;
    case 'read-text': moved(one.fallback, one.dst); break;
    case 'intrinsic':
      if (MEASURED.has(one.name)) wantLength(one.args[0]);
      if (one.name === 'find') wantLength(one.args[1]);
      if (one.name === 'regex_group') wantPadding(one.args[1]);
      if (one.name.endsWith('_text_or')) moved(one.args[2], one.dst);
      break;
    default: break;
  }
  if ('keys' in one) (one.keys as readonly (Value | RegisterId)[] | undefined)?.forEach((key) => {
    if (typeof key !== 'number') wantPadding(key);
  });
}

/** Keys of histograms are looked up like any key. */
function eachHistogramKey(args: readonly PrintArgument[], visit: (value: Value) => void): void {
  for (const arg of args) {
    if (arg.kind === 'histogram') arg.keys.forEach(visit);
    else if (arg.kind !== 'value') eachHistogramKey(arg.args, visit);
  }
}

function spread(moves: readonly { from: RegisterId; to: RegisterId }[], wants: Set<RegisterId>): void {
  for (let before = -1; before !== wants.size;) {
    before = wants.size;
    for (const { from, to } of moves) if (wants.has(to)) wants.add(from);
  }
}
