/** Which functions call themselves, however indirectly, and how deep calls can nest. */
import { DEFAULT_LIMITS } from '@stapkit/object';
import type { FunctionId, IrFunction } from '@stapkit/object';
import { calledFunctions } from './purity.js';
import { RecursionMachine } from './recursion-machine.js';
import type { MachineBody } from './recursion-machine.js';

export class RecursiveFunctions {
  readonly #functions: readonly IrFunction[];
  readonly #reached: readonly ReadonlySet<FunctionId>[];

  constructor(functions: readonly IrFunction[]) {
    this.#functions = functions;
    this.#reached = reachable(functions);
  }

  isRecursive(id: FunctionId): boolean {
    return this.#reached[id]?.has(id) ?? false;
  }

  /** Its body depends on how deep it is called: it is recursive or calls what is. */
  reachesRecursion(id: FunctionId): boolean {
    return this.isRecursive(id) || [...(this.#reached[id] ?? [])].some((one) => this.isRecursive(one));
  }

  /** Some recursive function calls it, however indirectly: how deep its calls are is known at run time only. */
  isCalledInRecursion(id: FunctionId): boolean {
    return this.#reached.some((reached, caller) => reached.has(id) && this.isRecursive(caller));
  }

  /** The functions that `id` calls and that call it, itself first. */
  group(id: FunctionId): FunctionId[] {
    const others = [...(this.#reached[id] ?? [])].filter((one) => one !== id && this.#reached[one]?.has(id) === true);
    return [id, ...others.sort((a, b) => a - b)];
  }

  /**
   * The recursive function as one body without recursion.
   * @param depth calls that enclose it
   * @param maxNesting calls that may nest
   */
  machine(id: FunctionId, depth: number, maxNesting: number): MachineBody {
    const group = this.group(id);
    return new RecursionMachine(this.#functions, group, Math.min(...group), maxNesting - depth).build();
  }
}

/** What MAXNESTING is when nobody sets it: the longest chain of different calls, and 10 more when some function is recursive (stap's rule). */
export function defaultNesting(functions: readonly IrFunction[]): number {
  const { calls, recursive } = longestCallChain(functions);
  return recursive ? calls + DEFAULT_LIMITS.MAXNESTING : Math.max(calls, DEFAULT_LIMITS.MAXNESTING);
}

/** How many different functions can be inside each other, and whether some function is recursive. */
export function longestCallChain(functions: readonly IrFunction[]): { readonly calls: number; readonly recursive: boolean } {
  const depths = new Map<FunctionId, number>();
  const active = new Set<FunctionId>();
  let recursive = false;
  const depth = (id: FunctionId): number => {
    if (active.has(id)) {
      recursive = true;
      return 0;
    }
    const known = depths.get(id);
    if (known !== undefined) return known;
    active.add(id);
    const one = functions[id];
    const deepest = 1 + Math.max(0, ...(one === undefined ? [] : [...calledFunctions(one)].map(depth)));
    active.delete(id);
    depths.set(id, deepest);
    return deepest;
  };
  const calls = Math.max(0, ...functions.map((_one, id) => depth(id)));
  return { calls, recursive };
}

/** For each function, what it calls at any remove. */
function reachable(functions: readonly IrFunction[]): Set<FunctionId>[] {
  const calls = functions.map(calledFunctions);
  return functions.map((_one, id) => {
    const reached = new Set(calls[id]);
    for (const callee of reached) for (const next of calls[callee] ?? []) reached.add(next);
    return reached;
  });
}
