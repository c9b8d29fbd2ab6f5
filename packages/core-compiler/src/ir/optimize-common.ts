/** Equal computations in a kernel handler are done once: aliases read the same members again and again. */
import { INTRINSICS } from '@stapkit/object';
import type { IrBody, IrInstruction, RegisterId, Value } from '@stapkit/object';
import { blockAt, predecessors, reversePostorder } from './control-flow.js';
import { inputsOf, mapInputs, outputsOf, registerValue } from './operands.js';

/** A result that is still in its register. */
interface Known {
  readonly result: RegisterId;
  readonly inputs: readonly RegisterId[];
}

/** By key of the computation; a register's own name as key tells of what it is a copy. */
type Table = Map<string, Known>;

/** Context that stays the same while one handler runs; the clocks do not. */
const STEADY: ReadonlySet<string> = new Set(['pid', 'tid', 'ppid', 'uid', 'euid', 'gid', 'egid', 'cpu', 'execname', 'target', 'task_current', 'register_argument', 'register_return']);

/** Replaces repeated results by copies, in place, along blocks with one way in. Copy propagation does the rest. */
export function shareCommon(body: IrBody): boolean {
  const sources = predecessors(body);
  const ends: (Table | undefined)[] = [];
  let changed = false;
  for (const id of reversePostorder(body)) {
    const block = blockAt(body, id);
    const [source, more] = sources[id] ?? [];
    const onlyByJump = source !== undefined && more === undefined && blockAt(body, source).onError !== id;
    const table: Table = new Map(onlyByJump ? ends[source] : undefined);
    block.instructions.forEach((instruction, index) => {
      const shared = share(instruction, table);
      if (shared === instruction) return;
      block.instructions[index] = shared;
      changed = true;
    });
    ends[id] = table;
  }
  return changed;
}

/** The instruction, or a copy of the result that is already there; notes in the table what it does. */
function share(instruction: IrInstruction, table: Table): IrInstruction {
  const dst = 'dst' in instruction ? instruction.dst : undefined;
  const original = mapInputs(instruction, (value) => {
    const known = 'register' in value ? table.get(show(value)) : undefined;
    return known === undefined ? value : registerValue(known.result);
  });
  const key = dst === undefined ? undefined : keyOf(original);
  const known = key === undefined ? undefined : table.get(key);
  for (const register of outputsOf(instruction)) forget(table, register);
  if (dst === undefined || key === undefined) return instruction;
  if (known === undefined) {
    const inputs = inputsOf(original).flatMap((value) => ('register' in value ? [value.register] : []));
    // `x = x + 1` does not hold any more once it is done.
    if (!inputs.includes(dst)) table.set(key, { result: dst, inputs });
    return instruction;
  }
  if (known.result === dst) return instruction;
  table.set(show(registerValue(dst)), { result: known.result, inputs: [dst] });
  const { location } = instruction;
  return { op: 'move', dst, src: registerValue(known.result), ...(location === undefined ? {} : { location }) };
}

function forget(table: Table, register: RegisterId): void {
  for (const [key, known] of table) if (known.result === register || known.inputs.includes(register)) table.delete(key);
}

/** Equal keys, equal results; undefined: not to be shared. */
function keyOf(one: IrInstruction): string | undefined {
  switch (one.op) {
    case 'unary': return `${one.fn} ${show(one.src)}`;
    case 'binary': return `${one.fn} ${show(one.a)} ${show(one.b)}`;
    case 'compare-text': return `text ${one.fn} ${show(one.a)} ${show(one.b)}`;
    case 'read-argument': return `argument ${one.index} ${JSON.stringify(one.type)}`;
    case 'read-register': return `register ${one.register} ${one.of}`;
    case 'read-return': return `return ${JSON.stringify(one.type)}`;
    case 'read-entry': return `entry ${one.slot}`;
    case 'field-address': return `field ${one.field} ${show(one.base)}`;
    case 'read-memory': return `read ${one.space} ${one.field ?? ''} ${JSON.stringify(one.type)} ${show(one.address)}`;
    case 'intrinsic':
      return STEADY.has(one.name) || (INTRINSICS[one.name]?.pure ?? false) ? `${one.name} ${one.args.map(show).join(' ')}` : undefined;
    default: return undefined;
  }
}

function show(value: Value): string {
  if ('register' in value) return `r${value.register}`;
  return 'long' in value ? String(value.long) : JSON.stringify(value.text);
}
