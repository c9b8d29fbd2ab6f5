/** Which functions depend on their arguments alone, and what else matters for moving, keeping or removing calls. */
import { INTRINSICS } from '@stapkit/object';
import type { FunctionId, IrFunction, IrInstruction } from '@stapkit/object';

export interface FunctionFacts {
  /** Depends on its arguments alone, changes nothing. */
  readonly pure: boolean;
  /** Can raise an error, by itself or by what it calls. */
  readonly raises: boolean;
  /** Changes globals, prints, ends the session, raises an error on purpose or by what it computes: a call without use must stay. */
  readonly effects: boolean;
  /** Has loops or works on strings: worth leaving to the host when only printed. */
  readonly heavy: boolean;
}

const PURE_OPS: ReadonlySet<IrInstruction['op']> = new Set(['move', 'unary', 'binary', 'compare-text', 'concat', 'format', 'call', 'intrinsic', 'caught']);
const CHANGING_OPS: ReadonlySet<IrInstruction['op']> = new Set([
  'print', 'store-global', 'add-global', 'clear-global', 'array-set', 'array-add', 'array-delete', 'array-clear', 'stat-add', 'save-entry', 'save-frame',
]);

/** Facts of all functions, to a fixpoint over their calls (recursion included). */
export function functionFacts(functions: readonly IrFunction[]): FunctionFacts[] {
  const facts = functions.map(ownFacts);
  const calls = functions.map((one) => calledFunctions(one));
  for (let changed = true; changed; ) {
    changed = false;
    facts.forEach((fact, id) => {
      for (const callee of calls[id] ?? []) {
        const other = facts[callee];
        if (other === undefined) continue;
        const joined = {
          pure: fact.pure && other.pure,
          raises: fact.raises || other.raises,
          effects: fact.effects || other.effects,
          heavy: fact.heavy || other.heavy,
        };
        if (joined.pure === fact.pure && joined.raises === fact.raises && joined.effects === fact.effects && joined.heavy === fact.heavy) continue;
        Object.assign(fact, joined);
        changed = true;
      }
    });
  }
  return facts;
}

/** Sets {@link IrFunction.pure}. */
export function markPurity(functions: readonly IrFunction[]): IrFunction[] {
  const facts = functionFacts(functions);
  return functions.map((one, id) => ({ ...one, pure: facts[id]?.pure ?? false }));
}

export function calledFunctions(one: IrFunction): Set<FunctionId> {
  const called = new Set<FunctionId>();
  for (const block of one.body.blocks) for (const instruction of block.instructions) if (instruction.op === 'call') called.add(instruction.function);
  return called;
}

function ownFacts(one: IrFunction): { pure: boolean; raises: boolean; effects: boolean; heavy: boolean } {
  const facts = { pure: true, raises: false, effects: false, heavy: one.body.loops.length > 0 };
  for (const block of one.body.blocks) {
    for (const instruction of block.instructions) {
      facts.pure &&= isPure(instruction);
      facts.raises ||= canRaise(instruction);
      facts.effects ||= hasEffect(instruction) || canFail(instruction);
      facts.heavy ||= instruction.op === 'concat' || instruction.op === 'format' || instruction.op === 'compare-text';
      facts.heavy ||= instruction.op === 'intrinsic' && isLeftToHost(instruction.name);
    }
    if (block.terminator.kind === 'throw') {
      facts.raises = true;
      facts.effects = true;
    }
  }
  return facts;
}

/** Depends on its inputs alone. Calls count as pure here; their functions are looked at apart. */
export function isPure(instruction: IrInstruction): boolean {
  if (instruction.op === 'intrinsic') return INTRINSICS[instruction.name]?.pure ?? false;
  if (instruction.op === 'format') return instruction.args.every((arg) => arg.kind !== 'histogram');
  return PURE_OPS.has(instruction.op);
}

export function canRaise(instruction: IrInstruction): boolean {
  switch (instruction.op) {
    case 'binary':
      return (instruction.fn === 'div' || instruction.fn === 'mod') && !('long' in instruction.b && instruction.b.long !== 0n);
    case 'array-set': case 'array-add': case 'stat-add': case 'stat-get': case 'histogram-get': case 'read-memory': case 'read-bytes': return true;
    // In the process, which has no registers of a probe.
    case 'read-register': return true;
    case 'intrinsic': return instruction.name === 'register_argument' || instruction.name === 'register_return';
    case 'read-text': return instruction.fallback === undefined;
    case 'print': case 'format': return instruction.args.some(({ kind }) => kind === 'histogram');
    default: return false;
  }
}

/**
 * Can raise an error by what it computes, not by memory that cannot be read: the script sees such an error also when
 * it does not look at the result. (Expressions without use are elided before, as stap elides them.)
 */
export function canFail(instruction: IrInstruction): boolean {
  if (instruction.op === 'stat-get') return instruction.fn !== 'count' && instruction.fn !== 'sum';
  return (instruction.op === 'binary' || instruction.op === 'histogram-get') && canRaise(instruction);
}

/** Changes something that others can see. Calls count as having none here. */
export function hasEffect(instruction: IrInstruction): boolean {
  if (instruction.op === 'intrinsic') return !(INTRINSICS[instruction.name]?.removable ?? false);
  return CHANGING_OPS.has(instruction.op);
}

/** An intrinsic that the host had better carry out, if its result is only printed. */
export function isLeftToHost(name: string): boolean {
  const intrinsic = INTRINSICS[name];
  return intrinsic?.where !== 'both' || intrinsic.costly === true;
}
