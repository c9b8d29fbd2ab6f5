/** Collects frames and samples; equal ones become one. */
import { UNKNOWN, type Frame, type Profile, type ProfileMeta, type Sample, type SampleContext, type ValueType } from './profile.js';

interface MutableSample extends Sample {
  readonly values: number[];
}

export class ProfileBuilder {
  readonly #valueTypes: readonly ValueType[];
  readonly #frames: Frame[] = [];
  /** The first frame of each name: most names are those of one frame, and need no longer key. */
  readonly #firstNamed = new Map<string, number>();
  readonly #frameIndex = new Map<string, number>();
  readonly #contexts = new Map<string, SampleContext>();
  readonly #samples: MutableSample[] = [];
  readonly #sampleIndex = new Map<string, MutableSample>();
  readonly #buildIds = new Map<string, string>();

  constructor(valueTypes: readonly ValueType[]) {
    if (valueTypes.length === 0) throw new RangeError('a profile has at least one type of value');
    this.#valueTypes = valueTypes;
  }

  /** Index of a frame for `add`. An empty name becomes `[unknown]`. */
  frame(frame: Frame): number {
    const named = frame.name === '' ? { ...frame, name: UNKNOWN } : frame;
    const first = this.#firstNamed.get(named.name);
    if (first === undefined) {
      this.#firstNamed.set(named.name, this.#frames.length);
      return this.#frames.push(named) - 1;
    }
    const key = frameKey(named);
    if (key === frameKey(this.#frames[first] ?? named)) return first;
    const known = this.#frameIndex.get(key);
    if (known !== undefined) return known;
    this.#frameIndex.set(key, this.#frames.length);
    return this.#frames.push(named) - 1;
  }

  /**
   * Takes a sample. Samples without a time that agree in stack and context are added up.
   * @param stack outermost caller first
   * @param values one for each type of value; RangeError unless all are finite and not negative
   */
  add(stack: readonly number[], values: readonly number[], context?: SampleContext, timeNs?: number): void {
    if (values.length !== this.#valueTypes.length) throw new RangeError(`${values.length} values for ${this.#valueTypes.length} types`);
    for (const value of values) if (!Number.isFinite(value) || value < 0) throw new RangeError(`${value} cannot be the weight of a stack`);
    const contextKey = context === undefined ? '' : keyOf(context);
    const shared = context === undefined ? undefined : this.#shared(contextKey, context);
    const rest = shared === undefined ? {} : { context: shared };
    if (timeNs !== undefined) {
      this.#samples.push({ stack, values: [...values], ...rest, timeNs });
      return;
    }
    const key = `${stack.join(',')}\0${contextKey}`;
    const known = this.#sampleIndex.get(key);
    if (known === undefined) {
      const sample = { stack, values: [...values], ...rest };
      this.#samples.push(sample);
      this.#sampleIndex.set(key, sample);
    } else values.forEach((value, index) => { known.values[index] = (known.values[index] ?? 0) + value; });
  }

  /** @param buildId hexadecimal */
  buildId(module: string, buildId: string): void {
    this.#buildIds.set(module, buildId);
  }

  build(meta: ProfileMeta): Profile {
    return { valueTypes: this.#valueTypes, frames: this.#frames, samples: this.#samples, meta, buildIds: this.#buildIds };
  }

  #shared(key: string, context: SampleContext): SampleContext {
    const known = this.#contexts.get(key);
    if (known === undefined) this.#contexts.set(key, context);
    return known ?? context;
  }
}

function frameKey({ name, kind, module, file, line, column, address }: Frame): string {
  return `${name}\0${kind}\0${module ?? ''}\0${file ?? ''}\0${line ?? ''}\0${column ?? ''}\0${address ?? ''}`;
}

function keyOf({ command, pid, tid, cpu }: SampleContext): string {
  return `${command ?? ''}\0${pid ?? ''}\0${tid ?? ''}\0${cpu ?? ''}`;
}
