/** Drops sites, functions, fields, globals and entry slots that nothing names any more, and renumbers the rest. */
import type { IrBody, IrFunction, IrGlobal, IrInstruction, IrProbe, IrProgram, PrintArgument, StatFunction, StatShape } from '@stapkit/object';

/** Old number to new number, in the order of first use. */
class Numbering {
  readonly #numbers = new Map<number, number>();
  readonly #onNew: ((id: number) => void) | undefined;

  constructor(onNew?: (id: number) => void) {
    this.#onNew = onNew;
  }

  of(id: number): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(id, number);
    this.#onNew?.(id);
    return number;
  }

  /** Keeps what is named, in its old order. */
  sorted(): Numbering {
    const result = new Numbering();
    for (const id of [...this.#numbers.keys()].sort((a, b) => a - b)) result.of(id);
    return result;
  }

  pick<T>(all: readonly T[]): T[] {
    return [...this.#numbers.keys()].flatMap((id) => {
      const one = all[id];
      return one === undefined ? [] : [one];
    });
  }
}

interface Numberings {
  readonly globals: Numbering;
  readonly functions: Numbering;
  readonly sites: Numbering;
  readonly fields: Numbering;
}

/** The order of what stays does not change. Statistics keep only the operators that are still read, arrays their order only when walked. */
export function pruneProgram(program: IrProgram): IrProgram {
  const probes = program.probes.map(pruneEntry);
  const waiting: number[] = [];
  const found: Numberings = { globals: new Numbering(), functions: new Numbering((id) => waiting.push(id)), sites: new Numbering(), fields: new Numbering() };
  for (const probe of probes) {
    if (probe.entry !== undefined) renumberBody(probe.entry.body, found);
    renumberBody(probe.body, found);
  }
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const one = program.functions[id];
    if (one !== undefined) renumberBody(one.body, found);
  }
  const final: Numberings = { globals: found.globals.sorted(), functions: found.functions.sorted(), sites: found.sites.sorted(), fields: found.fields.sorted() };
  const pruned: IrProgram = {
    globals: final.globals.pick(program.globals),
    functions: final.functions.pick(program.functions).map((one): IrFunction => ({ ...one, body: renumberBody(one.body, final) })),
    probes: probes.map((probe): IrProbe => ({
      ...probe,
      body: renumberBody(probe.body, final),
      ...(probe.entry === undefined ? {} : { entry: { ...probe.entry, body: renumberBody(probe.entry.body, final) } }),
    })),
    sites: final.sites.pick(program.sites),
    fields: final.fields.pick(program.fields),
    ...(program.members === undefined ? {} : { members: program.members }),
  };
  return { ...pruned, globals: shapeGlobals(pruned) };
}

function renumberBody(body: IrBody, to: Numberings): IrBody {
  return { ...body, blocks: body.blocks.map((block) => ({ ...block, instructions: block.instructions.map((one) => renumber(one, to)) })) };
}

function renumber(one: IrInstruction, to: Numberings): IrInstruction {
  switch (one.op) {
    case 'print': case 'format': return { ...one, site: to.sites.of(one.site), args: renumberArgs(one.args, to) };
    case 'call': return { ...one, function: to.functions.of(one.function) };
    case 'field-address': return { ...one, field: to.fields.of(one.field) };
    case 'read-memory': return one.field === undefined ? one : { ...one, field: to.fields.of(one.field) };
    case 'load-global': case 'store-global': case 'add-global': case 'clear-global': case 'array-get': case 'array-set': case 'array-add':
    case 'array-has': case 'array-delete': case 'array-clear': case 'stat-add': case 'stat-get': case 'histogram-get': case 'iterate':
      return { ...one, global: to.globals.of(one.global) };
    default: return one;
  }
}

function renumberArgs(args: readonly PrintArgument[], to: Numberings): PrintArgument[] {
  return args.map((arg): PrintArgument => {
    switch (arg.kind) {
      case 'value': return arg;
      case 'call': return { ...arg, function: to.functions.of(arg.function), args: renumberArgs(arg.args, to) };
      case 'format': return { ...arg, site: to.sites.of(arg.site), args: renumberArgs(arg.args, to) };
      case 'intrinsic': return { ...arg, args: renumberArgs(arg.args, to) };
      case 'histogram': return { ...arg, global: to.globals.of(arg.global) };
    }
  });
}

/** Entry values that the return handler no longer reads are not saved. */
function pruneEntry(probe: IrProbe): IrProbe {
  const { entry } = probe;
  if (entry === undefined) return probe;
  const slots = new Numbering();
  for (const block of probe.body.blocks) for (const one of block.instructions) if (one.op === 'read-entry') slots.of(one.slot);
  const kept = slots.sorted();
  const types = kept.pick(entry.slots);
  if (types.length === 0) {
    const { entry: _entry, ...rest } = probe;
    return rest;
  }
  const wanted = new Set(kept.pick(entry.slots.map((_type, slot) => slot)));
  const map = (body: IrBody): IrBody => ({
    ...body,
    blocks: body.blocks.map((block) => ({
      ...block,
      instructions: block.instructions.flatMap((one): IrInstruction[] => {
        if (one.op !== 'save-entry' && one.op !== 'read-entry') return [one];
        return wanted.has(one.slot) ? [{ ...one, slot: kept.of(one.slot) }] : [];
      }),
    })),
  });
  return { ...probe, body: map(probe.body), entry: { body: map(entry.body), slots: types } };
}

function shapeGlobals(program: IrProgram): IrGlobal[] {
  const read = program.globals.map(() => new Set<StatFunction>());
  const histograms = new Set<number>();
  const walked = new Set<number>();
  const bodies = [...program.functions.map((one) => one.body), ...program.probes.flatMap((one) => (one.entry === undefined ? [one.body] : [one.entry.body, one.body]))];
  for (const one of bodies.flatMap((body) => body.blocks.flatMap((block) => block.instructions))) {
    if (one.op === 'stat-get') read[one.global]?.add(one.fn);
    else if (one.op === 'histogram-get') histograms.add(one.global);
    else if (one.op === 'print' || one.op === 'format') noteHistograms(one.args, histograms);
    else if (one.op === 'iterate') {
      walked.add(one.global);
      // Statistics sort by their count unless told otherwise.
      if (one.sort?.by === 'value') read[one.global]?.add(one.sort.stat ?? 'count');
    }
  }
  return program.globals.map((global, id): IrGlobal => {
    if (global.kind === 'array') {
      const { stat, ...rest } = global;
      return { ...rest, ...(stat === undefined ? {} : { stat: shapeStat(stat, read[id], histograms.has(id)) }), ordered: walked.has(id) };
    }
    return global.kind === 'stat' ? { ...global, stat: shapeStat(global.stat, read[id], histograms.has(id)) } : global;
  });
}

const STAT_ORDER: readonly StatFunction[] = ['count', 'sum', 'min', 'max', 'avg', 'variance'];

function shapeStat(stat: StatShape, read: ReadonlySet<StatFunction> | undefined, histogram: boolean): StatShape {
  if (stat.kept === true) return stat;
  const functions = STAT_ORDER.filter((fn) => read?.has(fn) ?? false);
  return {
    functions,
    ...(stat.varianceShift === undefined || !functions.includes('variance') ? {} : { varianceShift: stat.varianceShift }),
    ...(stat.histogram === undefined || !histogram ? {} : { histogram: stat.histogram }),
  };
}

function noteHistograms(args: readonly PrintArgument[], found: Set<number>): void {
  for (const arg of args) {
    if (arg.kind === 'histogram') found.add(arg.global);
    else if (arg.kind !== 'value') noteHistograms(arg.args, found);
  }
}
