/** What the searches on changed inputs have in common: repeatable chance, and the time of an input. */

/** Longest that an input may take, in milliseconds of processor time. */
export const LIMIT_MS = 1000;

/** Arguments of the command: how many inputs, and the seed that repeats them. */
export const inputsAndSeed = ([inputs = '100000', seed = String(Math.floor(Math.random() * 2 ** 31))]) => ({ inputs: Number(inputs), seed: Number(seed) });

/** xorshift32: repeatable from the seed. */
export function chance(seed) {
  let state = seed || 1;
  const below = (limit) => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return { below, pick: (list) => list[below(list.length)] };
}

/** Keeps the slowest of many runs. Processor time: a busy machine is no hang. */
export class Stopwatch {
  slowest = 0;
  #start;

  begin() {
    this.#start = process.cpuUsage();
  }

  /** Milliseconds since begin(). */
  end() {
    const { user, system } = process.cpuUsage(this.#start);
    const took = (user + system) / 1000;
    this.slowest = Math.max(this.slowest, took);
    return took;
  }
}
