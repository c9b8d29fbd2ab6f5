/** Options of what is sampled, and of whom. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError, parseControlGroup, parseCount, parseMicroseconds, type ControlGroup, type UnwindMode } from '@stapkit/cli-kit';
import type { Unit } from '../profile/profile.js';
import { EVENTS } from '../sampling/events.js';

export interface SamplingOptions {
  readonly pid?: number;
  readonly comm?: string;
  readonly cgroup?: ControlGroup & { readonly path: string };
  readonly command?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly freq?: number;
  readonly event?: string;
  readonly offCpu?: boolean;
  readonly minUs?: number;
  readonly probe?: string;
  readonly weight?: string;
  readonly unit?: Unit;
  readonly user?: boolean;
  readonly kernel?: boolean;
  readonly perThread?: boolean;
  readonly unwind?: UnwindMode;
  readonly printScript?: boolean;
  readonly dryRun?: boolean;
  readonly verbose: number;
}

/** Long names as commander has them. */
const NAMES: Readonly<Partial<Record<keyof SamplingOptions, string>>> = {
  pid: '--pid', comm: '--comm', cgroup: '--cgroup', command: '-c', duration: '--duration', freq: '--freq', event: '--event', offCpu: '--off-cpu', minUs: '--min-us', probe: '--probe',
  weight: '--weight', unit: '--unit', user: '--user', kernel: '--kernel', perThread: '--per-thread', unwind: '--unwind', printScript: '--print-script', dryRun: '--dry-run',
};

/** Pairs that say different things of the same. */
const EXCLUSIVE: readonly (readonly [keyof SamplingOptions, keyof SamplingOptions])[] = [
  ['pid', 'command'], ['offCpu', 'probe'], ['offCpu', 'event'], ['probe', 'event'], ['offCpu', 'freq'], ['probe', 'freq'], ['user', 'kernel'],
];
const NEEDS: readonly (readonly [keyof SamplingOptions, keyof SamplingOptions])[] = [['minUs', 'offCpu'], ['weight', 'probe'], ['unit', 'weight']];

/** As scheduled by the kernel's limit on the rate, which has its own message. */
const MOST_HZ = 100_000;
/** TASK_COMM_LEN of include/linux/sched.h, without the NUL. */
const COMM_BYTES_MAX = 15;

function parseHz(text: string): number {
  const value = parseCount(text);
  if (value > MOST_HZ) throw new InvalidArgumentError(`'${text}' is more than ${MOST_HZ} samples a second.`);
  return value;
}

/** @param waits the command samples waits alone (off-cpu) */
export function addSamplingOptions(command: Command, waits: boolean): Command {
  const described = (name: string, description: string): void => {
    const option = command.options.find((one) => one.long === name);
    if (option !== undefined) option.description = description;
  };
  described('--pid', 'only this process, its threads and children; ends with it');
  described('--command', 'run CMD, sample it and what it starts, end with it');
  described('--duration', 'sample for this time (default: 10 s, with -c to its end)');
  command.addOption(new Option('--cgroup <path>', 'only processes of this control group (version 2) and those below').argParser((path) => ({ path, ...parseControlGroup(path) })));
  const offCpu = new Option('--off-cpu', 'where threads wait, and how long');
  const minUs = new Option('--min-us <us>', `${waits ? '' : 'of --off-cpu: '}leave out shorter waits`).argParser(parseMicroseconds);
  if (waits) command.addOption(offCpu.hideHelp()).addOption(minUs);
  else {
    command
      .addOption(new Option('--freq <hz>', 'samples a second on each processor (default: 99)').argParser(parseHz))
      .addOption(new Option('--event <name>', `what is sampled: ${EVENTS.map(({ name }) => name).join(', ')} (default: cpu-clock)`))
      .addOption(offCpu)
      .addOption(minUs)
      .option('--probe <point>', 'stacks at a probe point, such as process("/lib/…/libc.so.6").function("malloc")')
      .option('--weight <expression>', "of --probe: what a hit counts, such as '$bytes' (default: 1)")
      .addOption(new Option('--unit <unit>', 'of --weight').choices(['count', 'bytes', 'nanoseconds']));
  }
  return command
    .option('--user', 'stacks of user space alone')
    .option('--kernel', 'stacks of the kernel alone')
    .option('--per-thread', 'keep threads apart')
    .addOption(new Option('--unwind <how>', 'user stacks (x86-64): by unwind tables where they are there (auto), by frame pointers (fp), by tables alone (cfi); default: auto').choices(['auto', 'fp', 'cfi']));
}

/** Names of the sampling options that were given. */
export function givenSamplingOptions(options: Partial<SamplingOptions>): string[] {
  return (Object.keys(NAMES) as (keyof SamplingOptions)[]).filter((name) => options[name] !== undefined).map((name) => NAMES[name] ?? name);
}

/** Throws UsageError for what does not go together. */
export function checkSamplingOptions(options: Partial<SamplingOptions>): void {
  for (const [one, other] of EXCLUSIVE) if (options[one] !== undefined && options[other] !== undefined) throw new UsageError(`${NAMES[one] ?? one} and ${NAMES[other] ?? other}: one or the other`);
  for (const [one, needed] of NEEDS) if (options[one] !== undefined && options[needed] === undefined) throw new UsageError(`${NAMES[one] ?? one} is of use with ${NAMES[needed] ?? needed} alone`);
  const { comm, event } = options;
  if (event !== undefined && !EVENTS.some(({ name }) => name === event)) throw new UsageError(`--event: there is no event '${event}'`, `it is one of ${EVENTS.map(({ name }) => name).join(', ')}; --probe takes any probe point`);
  if (comm !== undefined && Buffer.byteLength(comm) > COMM_BYTES_MAX)
    throw new UsageError(`--comm: '${comm}' can match no process: the kernel keeps ${COMM_BYTES_MAX} bytes of a name`, `try '${Buffer.from(comm).subarray(0, COMM_BYTES_MAX).toString()}'`);
}
