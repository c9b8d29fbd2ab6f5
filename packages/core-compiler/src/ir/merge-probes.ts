/**
 * Probes of one handler at many functions (`process("x").function("*")`) that differ in nothing but their names become one
 * probe with many members: one program, verified once and attached to all places at once. At run time the place tells
 * its number (the attach cookie), and names are looked up by it, by the host where they are only printed.
 */
import type { AttachMember, AttachPoint, FunctionId, IrBlock, IrBody, IrFunction, IrInstruction, IrProbe, IrSite, ProbeMember } from '@stapkit/object';
import type { LoweredProgram } from './lower.js';
import { calledFunctions } from './purity.js';

type Functions = Extract<AttachPoint, { kind: 'function' | 'user-function' }>;

/** Kernel functions by name keep their fentry programs, which cost less at each hit: only wildcards are served by one kprobe program. */
const FEWEST_FUNCTIONS = 8;
const fewest = (attach: Functions): number => (attach.kind === 'function' && !isInside(attach) ? FEWEST_FUNCTIONS : 2);
/** An instruction behind a kernel function's first: kprobes alone go there, one by one. */
const isInside = (attach: Functions): boolean => attach.kind === 'function' && (attach.offset ?? 0) !== 0;

export function mergeProbes(program: LoweredProgram): LoweredProgram {
  const unfit = functionsWithRegisters(program.functions);
  const groups = new Map<string, IrProbe[]>();
  for (const probe of program.probes) {
    const { attach } = probe;
    if ((attach.kind !== 'function' && attach.kind !== 'user-function') || !isFit(probe, attach, unfit)) continue;
    const key = JSON.stringify([placeOf(probe, attach), canonical(probe, attach, program.sites)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [probe]);
    else group.push(probe);
  }
  const members: ProbeMember[] = [];
  const merged = new Map<IrProbe, IrProbe | undefined>();
  for (const group of groups.values()) {
    const [first, ...others] = group;
    if (first === undefined || !isFunctions(first.attach) || group.length < fewest(first.attach)) continue;
    merged.set(first, mergedProbe(group, first.attach, members));
    for (const other of others) merged.set(other, undefined);
  }
  if (merged.size === 0) return program;
  return { ...program, probes: program.probes.flatMap((probe) => (merged.has(probe) ? (merged.get(probe) ?? []) : probe)), members };
}

const isFunctions = (attach: AttachPoint): attach is Functions => attach.kind === 'function' || attach.kind === 'user-function';

/** What reads the machine registers: not there at a return, and at a kernel function's entry only those of the arguments. */
interface Registers { readonly arguments: ReadonlySet<FunctionId>; readonly others: ReadonlySet<FunctionId> }

function functionsWithRegisters(functions: readonly IrFunction[]): Registers {
  const reaching = (reads: (one: IrInstruction) => boolean): ReadonlySet<FunctionId> => {
    const found = new Set<FunctionId>();
    functions.forEach((one, id) => {
      if (hasInstruction(one.body, reads)) found.add(id);
    });
    for (let size = -1; size !== found.size;) {
      size = found.size;
      functions.forEach((one, id) => {
        if ([...calledFunctions(one)].some((callee) => found.has(callee))) found.add(id);
      });
    }
    return found;
  };
  return { arguments: reaching(readsArgument), others: reaching(readsOther) };
}

const readsArgument = (one: IrInstruction): boolean => one.op === 'read-argument' || (one.op === 'intrinsic' && one.name === 'register_argument');
const readsOther = (one: IrInstruction): boolean => one.op === 'read-register' && one.of === 'probe';
const hasInstruction = (body: IrBody, test: (one: IrInstruction) => boolean): boolean => body.blocks.some(({ instructions }) => instructions.some(test));

function isFit({ entry, body }: IrProbe, attach: Functions, unfit: Registers): boolean {
  if (entry !== undefined || (isInside(attach) && attach.return)) return false;
  // One link for many places is of all processes, and would count semaphores up in each.
  if (attach.kind === 'user-function' && attach.semaphore !== undefined && attach.pid !== undefined) return false;
  const calls = (functions: ReadonlySet<FunctionId>) => (one: IrInstruction): boolean => one.op === 'call' && functions.has(one.function);
  if (attach.return && (hasInstruction(body, readsArgument) || hasInstruction(body, calls(unfit.arguments)))) return false;
  return attach.kind === 'user-function' || isInside(attach) || (!hasInstruction(body, readsOther) && !hasInstruction(body, calls(unfit.others)));
}

/** All of a probe that must be the same for its group, but for the body. */
function placeOf(probe: IrProbe, attach: Functions): unknown {
  // Frames matter to what keeps values of the entry alone.
  const { symbol: _symbol, frame: _frame, entry: _entry, ...rest } = attach;
  const { fileOffset: _fileOffset, semaphore: _semaphore, arguments: _arguments, offset: _offset, ...common } = { fileOffset: 0, semaphore: 0, arguments: 0, offset: 0, ...rest };
  return [probe.point, probe.location, common, isInside(attach)];
}

/** The body with the probe's own names replaced by what they stand for, and sites by what they print. */
function canonical(probe: IrProbe, attach: Functions, sites: readonly IrSite[]): unknown {
  const own = functionOf(probe, attach);
  return JSON.parse(JSON.stringify(probe.body, (key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (key === 'site' && typeof value === 'number') return sites[value];
    if (key !== 'text' || typeof value !== 'string') return value;
    return value === probe.name ? { is: 'name' } : value === own ? { is: 'function' } : value;
  })) as unknown;
}

const functionOf = ({ functionName }: IrProbe, { symbol }: Functions): string => functionName ?? symbol;

function mergedProbe(group: readonly IrProbe[], attach: Functions, members: ProbeMember[]): IrProbe {
  const [first] = group;
  if (first === undefined) throw new Error('internal error: an empty group');
  const own: AttachMember[] = group.flatMap((probe) => {
    if (!isFunctions(probe.attach)) return [];
    const { attach: place } = probe;
    const { symbol } = place;
    const cookie = members.push({ name: probe.name, function: functionOf(probe, probe.attach) }) - 1;
    if (place.kind === 'function') return [{ symbol, cookie, ...(isInside(place) ? { offset: place.offset ?? 0 } : {}) }];
    return [{ symbol, cookie, fileOffset: place.fileOffset, ...(place.semaphore === undefined ? {} : { semaphore: place.semaphore }) }];
  });
  const longest = (text: (member: ProbeMember) => string): number => own.reduce((most, { cookie }) => Math.max(most, text(members[cookie] ?? { name: '', function: '' }).length), 0);
  const lengths = { member_name: longest(({ name }) => name), member_function: longest((member) => member.function) };
  return { ...first, name: first.point, attach: { ...withoutPlace(attach), members: own }, body: withLookedUpNames(first, functionOf(first, attach), lengths) };
}

/** What is the members' own: semaphores, and of kernel functions that debug information placed an offset of 0 and a frame. */
function withoutPlace(attach: Functions): Functions {
  if (attach.kind === 'user-function') {
    const { semaphore: _semaphore, ...rest } = attach;
    return rest;
  }
  const { offset: _offset, frame: _frame, entry: _entry, ...rest } = attach;
  return rest;
}

/** Puts look-ups by the cookie in place of the first member's names. */
function withLookedUpNames({ body, name }: IrProbe, symbol: string, lengths: Readonly<Record<'member_name' | 'member_function', number>>): IrBody {
  const registers = [...body.registers];
  const lookups = new Map<string, number>();
  const take = (intrinsic: 'member_name' | 'member_function'): number => {
    const known = lookups.get(intrinsic) ?? registers.push({ type: 'string', name: `<${intrinsic}>` }) - 1;
    lookups.set(intrinsic, known);
    return known;
  };
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    if ('text' in value && typeof value.text === 'string') return value.text === name ? { register: take('member_name') } : value.text === symbol ? { register: take('member_function') } : value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replace(part)]));
  };
  const blocks = body.blocks.map((block): IrBlock => ({ ...block, instructions: block.instructions.map((one) => replace(one) as IrInstruction), terminator: replace(block.terminator) as IrBlock['terminator'] }));
  if (lookups.size === 0) return { ...body, blocks };
  const cookie = registers.push({ type: 'long', name: '<cookie>' }) - 1;
  const start: IrInstruction[] = [{ op: 'intrinsic', name: 'attach_cookie', dst: cookie, args: [] }];
  for (const [intrinsic, dst] of lookups) start.push({ op: 'intrinsic', name: intrinsic, dst, args: [{ register: cookie }, { long: BigInt(lengths[intrinsic as keyof typeof lengths]) }] });
  const [entry, ...others] = blocks;
  if (entry === undefined) return { ...body, blocks };
  return { ...body, registers, blocks: [{ ...entry, instructions: [...start, ...entry.instructions] }, ...others] };
}
