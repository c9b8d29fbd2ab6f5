import { DEFAULT_LIMITS } from '@stapkit/object';
import type { IrBody, IrFunction, IrInstruction, IrProbe, IrProgram, Limits } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import { isDeferrableCall } from './defer-analysis.js';
import type { DeferContext } from './defer-analysis.js';
import type { SpanTable } from './locations.js';
import type { LoweredProgram, LowerOptions } from './lower.js';
import { simplifyBranches } from './optimize-branches.js';
import { inferCapacities } from './optimize-capacity.js';
import { shareCommon } from './optimize-common.js';
import { compactRegisters, removeDeadCode } from './optimize-dead.js';
import { deferTexts } from './optimize-defer.js';
import { Inliner } from './optimize-inline.js';
import { propagate } from './optimize-propagate.js';
import { PackedHolders, packTexts } from './pack-texts.js';
import { pruneProgram } from './optimize-prune.js';
import { refuseInKernel } from './optimize-refuse.js';
import { functionFacts } from './purity.js';
import { RecursiveFunctions, longestCallChain } from './recursion.js';
import { verifyIr } from './verify.js';

/** Each round feeds the next; more than this many would be a body that never settles. */
const MOST_ROUNDS = 12;

/**
 * Makes the program fit for its executors. Kernel probes: calls inlined, texts that are only
 * printed left to the host, what BPF cannot do reported (E0503 to E0508). All probes: constants
 * and copies propagated, dead code and dead branches gone. The program: string capacities filled
 * in, and what nothing names dropped and renumbered. The input is not changed.
 *
 * Functions stay as they were lowered: in kernel probes they are optimized where they were
 * inlined, and for the host's few calls of them it would cost more than it gives.
 *
 * @throws InternalError when the result is not sound: our bug
 */
export function optimizeProgram(program: LoweredProgram | IrProgram, options: LowerOptions): IrProgram {
  const spans: SpanTable = new Map('spans' in program ? program.spans : []);
  const run = new Optimization(program, options.limits ?? DEFAULT_LIMITS, options.diagnostics, spans);
  return run.result();
}

class Optimization implements DeferContext {
  readonly functions: IrFunction[];
  readonly facts: DeferContext['facts'];
  readonly sites: IrProgram['sites'];
  readonly #program: IrProgram;
  readonly #limits: Limits;
  readonly #diagnostics: DiagnosticSink;
  readonly #spans: SpanTable;
  readonly #inlineNeeded: Inliner;
  readonly #inlineAll: Inliner;

  constructor(program: IrProgram, limits: Limits, diagnostics: DiagnosticSink, spans: SpanTable) {
    this.#program = program;
    this.#limits = limits;
    this.#diagnostics = diagnostics;
    this.#spans = spans;
    this.sites = [...program.sites];
    this.functions = [...program.functions];
    this.facts = withNestingErrors(functionFacts(program.functions), program.functions, limits);
    this.#inlineNeeded = new Inliner(this.functions, (id) => isDeferrableCall(id, this), spans, limits);
    this.#inlineAll = new Inliner(this.functions, () => false, spans, limits);
  }

  result(): IrProgram {
    const probes = this.#program.probes.map((probe) => (probe.where === 'kernel' ? this.#kernelProbe(probe) : this.#hostProbe(probe)));
    const { globals, fields, members } = this.#program;
    const whole: IrProgram = { globals: globals.map(copyGlobal), functions: this.functions, probes, sites: this.sites, fields, ...(members === undefined ? {} : { members }) };
    const packed = new PackedHolders(whole);
    for (const probe of probes) if (probe.where === 'kernel') refuseInKernel(whole, probe, packed, this.#spans, this.#diagnostics);
    if (packed.any) packed.mark(whole.globals, whole);
    const pruned = pruneProgram(whole);
    pruned.functions.forEach((one, id) => (pruned.functions[id] = { ...one, body: withoutPlainLocations(one.body) }));
    inferCapacities(pruned, this.#limits);
    verifyIr(pruned);
    return pruned;
  }

  #hostProbe(probe: IrProbe): IrProbe {
    const simple = this.#simplify(copyBody(probe.body));
    return { ...probe, body: compactRegisters(withoutPlainLocations(simple)) };
  }

  #kernelProbe(probe: IrProbe): IrProbe {
    const body = this.#kernelBody(probe.body);
    if (probe.entry === undefined) return { ...probe, body };
    return { ...probe, body, entry: { ...probe.entry, body: this.#kernelBody(probe.entry.body) } };
  }

  /**
   * Drops what is unused before anything is inlined for it. Then inlines only the calls that must
   * be, so that pure calls can be left to the host; then the rest.
   */
  #kernelBody(original: IrBody): IrBody {
    let body = this.#simplify(copyBody(original));
    const needed = this.#inlineNeeded.inline(body);
    if (needed !== body) body = this.#simplify(needed);
    if (shareCommon(body)) body = this.#simplify(body);
    body = this.#defer(body);
    const inlined = this.#inlineAll.inline(body);
    if (inlined !== body) {
      body = this.#simplify(inlined);
      if (shareCommon(body)) body = this.#simplify(body);
      body = this.#defer(body);
    }
    return compactRegisters(packTexts(body));
  }

  #defer(body: IrBody): IrBody {
    let result = body;
    while (deferTexts(result, this)) result = this.#simplify(result);
    return result;
  }

  #simplify(original: IrBody): IrBody {
    let body = original;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const propagated = propagate(body, this.#limits);
      const shaped = simplifyBranches(body, this.facts);
      body = shaped.body;
      removeDeadCode(body, this.facts);
      if (!propagated && !shaped.changed) break;
    }
    return body;
  }
}

/** A call that can be one too many, wherever it is made, raises "MAXNESTING exceeded", whatever its function does. */
function withNestingErrors(facts: DeferContext['facts'], functions: readonly IrFunction[], limits: Limits): DeferContext['facts'] {
  const recursion = new RecursiveFunctions(functions);
  const all = longestCallChain(functions).calls > limits.MAXNESTING;
  return facts.map((fact, id) => (all || recursion.reachesRecursion(id) || recursion.isCalledInRecursion(id) ? { ...fact, raises: true } : fact));
}

/** Instructions are never changed, only replaced: a copy of the lists is enough. */
function copyBody(body: IrBody): IrBody {
  return {
    registers: body.registers.map((register) => ({ ...register })),
    blocks: body.blocks.map((block) => ({ ...block, instructions: [...block.instructions] })),
    loops: body.loops,
  };
}

function copyGlobal(global: IrProgram['globals'][number]): IrProgram['globals'][number] {
  return global.kind === 'array' ? { ...global, keys: global.keys.map((key) => ({ ...key })) } : { ...global };
}

/** The host needs places only for run-time errors, which carry a token; the rest would only make the object larger. */
function withoutPlainLocations(body: IrBody): IrBody {
  const strip = (one: IrInstruction): IrInstruction => {
    if (one.location === undefined || one.location.token !== undefined) return one;
    const { location: _location, ...rest } = one;
    return rest;
  };
  return { ...body, blocks: body.blocks.map((block) => ({ ...block, instructions: block.instructions.map(strip) })) };
}
