/** Everything decided about a handler before its first instruction is emitted. */
import type { BlockId, IrBlock, IrBody, IrInstruction, IrProgram, IteratorId, Limits, RegisterId } from '@stapkit/object';
import type { TargetFeatures } from '../target/index.js';
import type { ProbeContext } from './probe-context.js';
import { isCapture } from './probe-context.js';
import type { StoragePlan } from './storage.js';
import { mapTargets, successors } from '../ir/index.js';
import type { Home } from './allocate-registers.js';
import { allocateRegisters, assign, liveIntervals } from './allocate-registers.js';
import { ContextArea } from './context-area.js';
import { errorsOf } from './error-messages.js';
import type { FrameLayout } from './frame-layout.js';
import { planFrames } from './frame-layout.js';
import type { ExtraInputs, Liveness } from './liveness.js';
import { computeLiveness } from './liveness.js';
import type { StackRecord } from './output-plan.js';
import { planStackRecord } from './output-plan.js';
import { FIXED_TEXT_LIMIT, entryShape, histogramBytes, textCapacity } from './print-entry.js';
import type { Region } from './regions.js';
import { cutRegions, sharedRegisters } from './regions.js';
import { stackBytes } from './stack-table.js';
import { textSlotBytes } from './text-layout.js';
import { MACHINE } from './text-loops.js';
import type { TextWants } from './text-wants.js';
import { findTextWants } from './text-wants.js';
import type { Walk } from './walk-table.js';
import { planWalks } from './walk-table.js';

/** Registers that code generation adds to the script's. */
export interface PseudoRegisters {
  /** The program's argument. */
  readonly context: RegisterId;
  /** This CPU's context (the map value). */
  readonly scratch: RegisterId;
  /** In a loop's function: the main function's frame. */
  readonly frame: RegisterId;
  /** What error was caught last, its number, its text. */
  readonly errorId: RegisterId;
  readonly errorNumber: RegisterId;
  readonly errorText: RegisterId;
}

/** Where a text is: `bytes` NUL-padded (or at least NUL-terminated) bytes, and its length if somebody wants it. */
export interface TextPlace {
  readonly base: 'stack' | 'context';
  readonly offset: number;
  readonly bytes: number;
  readonly lengthOffset: number | undefined;
  readonly padded: boolean;
}

/** Buffers in the context that expansions work in. */
export interface WorkAreas {
  readonly key: number;
  readonly value: number;
  /** A text that is gone through. More may be read behind it, as far as `text` reaches. */
  readonly source: number;
  /** Concatenation: twice the string limit. */
  readonly text: number;
  /** State of the functions that go through texts. */
  readonly machine: number;
  /** Of matched(): two words a group, and a half-word a byte of the text. */
  readonly groups: number;
  readonly states: number;
  /** Digits of a number, and a run of fill characters. */
  readonly number: number;
  /** Where a variable goes through that is made bit by bit. */
  readonly bits: number;
  /** Never written. */
  readonly zeros: number;
  readonly entry: number;
  /** A stack that is being captured. */
  readonly stack: number;
  /** The buckets of a histogram that is being printed. */
  readonly histogram: number;
}

export interface HandlerPlan {
  readonly body: IrBody;
  readonly pseudo: PseudoRegisters;
  readonly liveness: Liveness;
  readonly extra: ExtraInputs;
  readonly regions: readonly Region[];
  readonly regionOf: ReadonlyMap<BlockId, Region>;
  readonly texts: ReadonlyMap<RegisterId, TextPlace>;
  /** Bytes at the top of the main function's stack that texts take. */
  readonly stackTextBytes: number;
  /** undefined: the record is built in the context. */
  readonly record: StackRecord | undefined;
  readonly usesContext: boolean;
  /** It also uses maps of which a CPU has one value: no other such handler may run meanwhile. */
  readonly isExclusive: boolean;
  /** The handler's part of the context; spilled registers take more of it. */
  readonly area: ContextArea;
  readonly work: WorkAreas;
  /** Homes in the context of registers that several functions share. */
  readonly shared: ReadonlyMap<RegisterId, Home>;
  /** Loops are functions of their own. */
  readonly outlined: boolean;
  /** In the context: which inner loop of a region goes on, from 1; 0: the region's own. */
  readonly resume: number;
  /** The handler's walks over arrays. */
  readonly walks: ReadonlyMap<IteratorId, Walk>;
  /** Of recursive functions. */
  readonly frames: FrameLayout;
  /** A hook's handler sets its answer. In loops' functions it stands in the context, here; else on the main function's stack. */
  readonly verdict: number | undefined;
  /** Some block wants the message of a caught error. */
  readonly catches: boolean;
}

export interface PlanInput {
  readonly program: IrProgram;
  readonly storage: StoragePlan;
  readonly limits: Limits;
  readonly features: TargetFeatures;
  /** Bytes of the context's record buffer. */
  readonly recordBytes: number;
  /** Entry programs: bytes of the value that they save. */
  readonly entryBytes: number;
}

/** Of a function's spilled registers, what stands on its stack; the others stand in the context. */
export const STACK_SPILL_MAX = 160;
const STACK_TEXT_MAX = 192;
const STACK_TOTAL_MAX = 352;
/** Keys and values longer than this are built in the context. */
export const STACK_KEY_MAX = 128;

export function planHandler(original: IrBody, probeContext: ProbeContext, input: PlanInput): HandlerPlan {
  const whole = withEntryBlock(original);
  const ready = input.features.loop ? whole : readContextFirst(whole, probeContext);
  const { body, pseudo } = addPseudoRegisters(ready);
  const extra: ExtraInputs = (instruction) => (probeContext.usesContext(instruction) ? [pseudo.context] : []);
  const liveness = computeLiveness(body, extra);
  const outline = body.loops.length > 0;
  const { regions, regionOf } = cutRegions(body, liveness.order, outline);
  const catches = body.blocks.some(({ instructions }) => instructions.some(({ op }) => op === 'caught'));
  const wants = findTextWants(body, input.limits.MAXSTRINGLEN, catches ? pseudo.errorText : undefined);
  const record = outline ? undefined : planStackRecord(body, liveness.order, outputSizes(body, input));
  const coloured = colourTexts(body, liveness, extra, wants, input.limits.MAXSTRINGLEN, catches ? pseudo.errorText : undefined);
  const keyBytes = largestKey(body, input);
  const printsOrFails = record === undefined;
  const textsOnStack = !outline && !printsOrFails && coloured.every(({ bytes }) => bytes <= FIXED_TEXT_LIMIT) && coloured.bytes <= STACK_TEXT_MAX
    && coloured.bytes + record.bytes + Math.min(keyBytes, STACK_KEY_MAX) <= STACK_TOTAL_MAX && !needsWorkArea(body);
  const keepsState = body.blocks.some(({ instructions }) => instructions.some(({ op }) => op === 'iterate' || op === 'save-frame'));
  const capturesStack = body.blocks.some(({ instructions }) => instructions.some(isCapture));
  const usesContext = outline || keepsState || capturesStack || printsOrFails || (!textsOnStack && coloured.length > 0) || keyBytes > STACK_KEY_MAX || needsWorkArea(body) || input.entryBytes > STACK_KEY_MAX
    || spilledBytes(body, liveness, extra) > STACK_SPILL_MAX;
  const onStack = textsOnStack || !usesContext;
  const area = new ContextArea(input.recordBytes);
  // First, so that it lies at the same place in all handlers: nothing of another handler may be left in it.
  // As large as any text and any new statistic, of all handlers.
  const statistics = input.storage.storages.map((storage) => (storage.kind === 'hash' && storage.layout !== undefined ? storage.valueBytes : 0));
  const zeros = area.take(Math.max(textSlotBytes(input.limits.MAXSTRINGLEN), ...statistics));
  // Next, so that the functions that work here find it at the same place too.
  const texts = takeTextAreas(area, body, input);
  const shared = new Map<RegisterId, Home>();
  if (outline) {
    for (const register of sharedRegisters(body, regions, liveness, extra)) {
      if (register < ready.registers.length && body.registers[register]?.type === 'long') shared.set(register, { kind: 'context', offset: area.take(8) });
    }
    for (const register of [pseudo.errorId, pseudo.errorNumber]) shared.set(register, { kind: 'context', offset: area.take(8) });
  }
  const resume = regions.some(({ inner }) => inner.length > 0) ? area.take(8) : 0;
  const work = { ...takeWorkAreas(area, body, input, zeros), ...texts };
  const walks = planWalks(body, input.storage.storages, area);
  const answers = body.blocks.some(({ instructions }) => instructions.some((one) => one.op === 'intrinsic' && one.name === 'set_verdict'));
  const verdict = !answers ? undefined : outline ? area.take(8) : 0;
  const textBase = onStack ? 0 : area.take(coloured.bytes);
  const frames = planFrames(body, area, input.limits.MAXNESTING, (register) => textCapacity(body, register, input.limits.MAXSTRINGLEN));
  const places = new Map(coloured.map(({ register, offset, bytes, hasLength, padded }): [RegisterId, TextPlace] => {
    const start = onStack ? -coloured.bytes + offset : textBase + offset;
    return [register, { base: onStack ? 'stack' : 'context', offset: start, bytes, lengthOffset: hasLength ? start + bytes : undefined, padded }];
  }));
  return {
    body, pseudo, liveness, extra, regions, regionOf, texts: places, stackTextBytes: onStack ? coloured.bytes : 0,
    record, usesContext, isExclusive: walks.size > 0 || capturesStack, area, work, frames, shared, outlined: outline, resume, walks, catches, verdict,
  };
}

/** Of a handler without loops. */
function spilledBytes(body: IrBody, liveness: Liveness, extra: ExtraInputs): number {
  if (body.registers.length * 8 <= STACK_SPILL_MAX) return 0;
  const longs = [...liveIntervals(body, liveness.order, liveness, extra).values()].filter(({ register }) => body.registers[register]?.type === 'long');
  return allocateRegisters(longs, new Set()).stackBytes;
}

/** No jump goes to block 0, so that the prologue runs once. */
function withEntryBlock(body: IrBody): IrBody {
  const first = body.blocks[0];
  if (first === undefined || !body.blocks.some((block) => successors(block).includes(0))) return body;
  const moved = body.blocks.length;
  const to = (block: BlockId): BlockId => (block === 0 ? moved : block);
  const blocks = [...body.blocks, first].map((block): IrBlock => ({
    ...block, terminator: mapTargets(block.terminator, to), ...(block.onError === undefined ? {} : { onError: to(block.onError) }),
  }));
  blocks[0] = { instructions: [], terminator: { kind: 'jump', target: moved } };
  return { ...body, blocks, loops: body.loops.map(({ header, blocks: members }) => ({ header: to(header), blocks: members.map(to) })) };
}

/** A loop's function that finds its context itself has not the program's argument: what loops read from that is read at the start. */
function readContextFirst(body: IrBody, probeContext: ProbeContext): IrBody {
  const registers = [...body.registers];
  const first = new Map<string, { readonly register: RegisterId; readonly instruction: IrInstruction }>();
  const inLoops = new Set(body.loops.flatMap(({ blocks }) => blocks));
  const blocks = body.blocks.map((block, id): IrBlock => (!inLoops.has(id) ? block : {
    ...block,
    instructions: block.instructions.map((one): IrInstruction => {
      if (!probeContext.usesContext(one) || !('dst' in one)) return one;
      const { dst, location, ...what } = one;
      const key = JSON.stringify(what, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
      const known = first.get(key) ?? { register: registers.push({ type: 'long' }) - 1, instruction: one };
      first.set(key, known);
      return { op: 'move', dst, src: { register: known.register }, ...(location === undefined ? {} : { location }) };
    }),
  }));
  const [entry] = blocks;
  if (entry === undefined || first.size === 0) return body;
  const reads = [...first.values()].map(({ register, instruction }) => ({ ...instruction, dst: register }) as IrInstruction);
  blocks[0] = { ...entry, instructions: [...reads, ...entry.instructions] };
  return { ...body, registers, blocks };
}

function addPseudoRegisters(body: IrBody): { body: IrBody; pseudo: PseudoRegisters } {
  const registers = [...body.registers];
  const add = (name: string, type: 'long' | 'string' = 'long'): RegisterId => registers.push({ type, name: `<${name}>` }) - 1;
  const pseudo = {
    context: add('context'), scratch: add('scratch'), frame: add('frame'), errorId: add('error'), errorNumber: add('error number'), errorText: add('error text', 'string'),
  };
  return { body: { ...body, registers }, pseudo };
}

function outputSizes(body: IrBody, { program, limits }: PlanInput): { print(one: IrInstruction): number | undefined; error(block: IrBlock): number | undefined } {
  const isSizeLimited = (global: number): boolean => isLimited(program, global);
  const size = (args: Parameters<typeof entryShape>[1]): number | undefined => {
    const shape = entryShape(body, args, limits.MAXSTRINGLEN, program.globals);
    return shape.histogram !== undefined || shape.leaves.some(({ encoding }) => encoding.kind === 'variable') ? undefined : shape.maxBytes;
  };
  return {
    print: (one) => (one.op === 'print' ? size(one.args) : one.op === 'intrinsic' && one.name === 'exit' ? 8 : 0),
    error: (block) => {
      const { instructions, terminator, onError } = block;
      if (onError !== undefined) return 0;
      const fallible = instructions.some((one) => errorsOf(one, isSizeLimited).length > 0);
      const thrown = terminator.kind === 'throw' ? size([{ kind: 'value', value: terminator.message }]) : 0;
      return thrown === undefined ? undefined : Math.max(thrown, fallible ? 16 : 0);
    },
  };
}

export function isLimited(program: IrProgram, global: number): boolean {
  const array = program.globals[global];
  return array?.kind === 'array' && array.maxEntries !== undefined;
}

interface ColouredText { readonly register: RegisterId; readonly offset: number; readonly bytes: number; readonly hasLength: boolean; readonly padded: boolean }

/** Texts that are never live at the same time share their place. */
function colourTexts(
  body: IrBody, liveness: Liveness, extra: ExtraInputs, wants: TextWants, limit: number, errorText: RegisterId | undefined,
): ColouredText[] & { bytes: number } {
  const intervals = [...liveIntervals(body, liveness.order, liveness, extra).values()].filter(({ register }) => body.registers[register]?.type === 'string');
  if (errorText !== undefined) intervals.push({ register: errorText, start: 0, end: Number.MAX_SAFE_INTEGER, weight: 1 });
  // A result never shares the place of an operand: expansions may clear it first.
  for (const interval of intervals) interval.start &= ~1;
  const byStart = intervals.sort((a, b) => a.start - b.start);
  // One row of slots a size, so that a short text never sits in a long one's place.
  const rows = new Map<number, typeof intervals>();
  for (const interval of byStart) {
    const bytes = textSlotBytes(textCapacity(body, interval.register, limit));
    rows.set(bytes, [...(rows.get(bytes) ?? []), interval]);
  }
  const result: ColouredText[] & { bytes: number } = Object.assign([], { bytes: 0 });
  for (const [bytes, row] of rows) {
    const lengths = row.some(({ register }) => wants.length.has(register)) ? 8 : 0;
    const base = result.bytes;
    assign(row, ({ register }, colour) => {
      const offset = base + colour * (bytes + lengths);
      result.push({ register, offset, bytes, hasLength: wants.length.has(register), padded: wants.padding.has(register) });
      result.bytes = Math.max(result.bytes, offset + bytes + lengths);
    });
  }
  return result;
}

function largestKey(body: IrBody, { storage }: PlanInput): number {
  let most = 0;
  for (const { instructions } of body.blocks) {
    for (const one of instructions) {
      if (!('global' in one)) continue;
      const place = storage.storages[one.global];
      if (place?.kind === 'hash') most = Math.max(most, place.keyBytes + (place.layout === undefined ? place.valueBytes : 0), place.layout === undefined ? 0 : place.valueBytes);
    }
  }
  return most;
}

const needsWorkArea = (body: IrBody): boolean => body.blocks.some(({ instructions }) => instructions.some((one) =>
  one.op === 'concat' || one.op === 'format' || one.op === 'caught' || (one.op === 'intrinsic' && WORKING.has(one.name))));
/** Intrinsics that are carried out in the work area. */
const WORKING: ReadonlySet<string> = new Set(['substr', 'stringat', 'quote', 'escape', 'find', 'span', 'enum_name', 'errno_name', 'regex_group']);

function largestHistogram(body: IrBody, { globals }: IrProgram): number {
  return body.blocks.reduce((most, { instructions }) => instructions.reduce((more, one) => {
    const [only] = one.op === 'print' ? one.args : [];
    return only?.kind === 'histogram' ? Math.max(more, histogramBytes(globals, only.global)) : more;
  }, most), 0);
}

/** Slots of as many groups as matched() can tell apart. */
const GROUP_BYTES = 11 * 16;

type TextWorkAreas = Pick<WorkAreas, 'source' | 'text' | 'machine' | 'number' | 'groups' | 'states'>;

function takeTextAreas(area: ContextArea, body: IrBody, { limits, storage }: PlanInput): TextWorkAreas {
  if (!needsWorkArea(body)) return { source: 0, text: 0, machine: 0, number: 0, groups: 0, states: 0 };
  const limit = textSlotBytes(limits.MAXSTRINGLEN);
  const hasGroups = storage.groupTables.size > 0;
  return {
    source: area.take(limit + 8), text: area.take(2 * limit + 16), machine: area.take(MACHINE.bytes), number: area.take(256),
    groups: hasGroups ? area.take(GROUP_BYTES) : 0, states: hasGroups ? area.take(2 * limit) : 0,
  };
}

function takeWorkAreas(area: ContextArea, body: IrBody, input: PlanInput, zeros: number): Omit<WorkAreas, keyof TextWorkAreas> {
  const key = area.take(Math.max(8, largestKey(body, input)));
  const value = area.take(Math.max(8, largestKey(body, input)));
  return {
    key, value,
    bits: area.take(8),
    zeros,
    entry: area.take(Math.max(8, input.entryBytes)),
    stack: body.blocks.some(({ instructions }) => instructions.some(isCapture)) ? area.take(stackBytes(input.limits)) : 0,
    histogram: area.take(largestHistogram(body, input.program)),
  };
}
