/** Stacks of addresses as a profile with names. */
import type { StackFrame, SystemNames } from '@stapkit/cli-kit';
import { ProfileBuilder } from '../profile/profile-builder.js';
import { UNKNOWN, type Profile, type ProfileMeta, type ValueType } from '../profile/profile.js';
import type { SampledStack } from './sampled-lines.js';

export interface Valued {
  readonly type: ValueType;
  readonly of: (stack: SampledStack) => number;
}

/** As perf and pprof name the kernel and its modules, so that what reads ours knows them. */
function moduleName(kind: StackFrame['kind'], module: string | undefined): string | undefined {
  if (kind !== 'kernel' || module === undefined) return module;
  return module === 'kernel' ? '[kernel.kallsyms]' : `[${module}]`;
}

/** Frames of one address, the outermost first. */
class NamedFrames {
  readonly #names: Pick<SystemNames, 'frames'>;
  readonly #builder: ProfileBuilder;
  readonly #known = new Map<string, readonly number[]>();

  constructor(names: Pick<SystemNames, 'frames'>, builder: ProfileBuilder) {
    this.#names = names;
    this.#builder = builder;
  }

  at(pid: number, address: bigint, returns: boolean): readonly number[] {
    const key = `${pid} ${address} ${returns}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const frames = this.#names.frames(pid, address, returns).map((frame) => this.#frame(frame)).reverse();
    this.#known.set(key, frames);
    return frames;
  }

  #frame({ name, kind, module: found, file, line, address, buildId }: StackFrame): number {
    const module = moduleName(kind, found);
    if (module !== undefined && buildId !== undefined) this.#builder.buildId(module, buildId);
    return this.#builder.frame({
      name: name ?? UNKNOWN, kind, address, ...(module === undefined ? {} : { module }), ...(file === undefined ? {} : { file }), ...(line === undefined || line === 0 ? {} : { line }),
    });
  }
}

/** A process goes by the name that most of its samples have: its threads and what it was before exec may have others. */
function processNames(stacks: readonly SampledStack[]): ReadonlyMap<number, string> {
  const counts = new Map<number, Map<string, number>>();
  for (const { pid, command, count } of stacks) {
    const names = counts.get(pid) ?? new Map<string, number>();
    counts.set(pid, names.set(command, (names.get(command) ?? 0) + count));
  }
  return new Map([...counts].map(([pid, names]) => [pid, [...names].reduce((most, one) => (one[1] > most[1] ? one : most))[0]]));
}

/** @param meta is asked when all names are known: what has none is counted meanwhile */
export function namedProfile(stacks: readonly SampledStack[], values: readonly Valued[], names: Pick<SystemNames, 'frames'>, meta: () => ProfileMeta): Profile {
  const builder = new ProfileBuilder(values.map(({ type }) => type));
  const frames = new NamedFrames(names, builder);
  const commands = processNames(stacks);
  for (const stack of stacks) {
    const { pid, tid, user, kernel, command } = stack;
    const outermostFirst = [...user.map((address, index) => frames.at(pid, address, index > 0)).reverse(), ...kernel.map((address, index) => frames.at(0, address, index > 0)).reverse()].flat();
    builder.add(outermostFirst, values.map(({ of }) => of(stack)), tid === 0 ? { command: commands.get(pid) ?? command, pid } : { command, pid, tid });
  }
  return builder.build(meta());
}
