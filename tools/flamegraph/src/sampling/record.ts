/** Takes samples of the running system and makes a profile of them. */
import { hostname, release } from 'node:os';
import {
  EXIT, UsageError, describeLosses, exitStatusOf, loadCompiler, localTarget, obtainObject, requireCommand, requireProcess, requireRoot, runTool, times, tryTool,
  type LocalTarget, type RunnableObject, type SystemNames, type ToolEnd,
} from '@stapkit/cli-kit';
import type { SamplingOptions } from '../cli/sampling-options.js';
import type { Profile, ProfileMeta } from '../profile/profile.js';
import { DEFAULT_EVENT, EVENTS, rateOf, type SampledEvent } from './events.js';
import { namedProfile, type Valued } from './named-profile.js';
import { Progress } from './progress.js';
import { parseSampledLine, type SampleCounts, type SampledStack } from './sampled-lines.js';
import { SAMPLER_LIMITS, samplerScript, type SampleSource, type SamplerPlan } from './sampler-script.js';

const DEFAULT_SECONDS = 10;
/** Of a terminal's line. */
const PROGRESS_HZ = 4;
const STANDARD_ERROR = 2;

export interface RecordOptions extends SamplingOptions {
  /** The profile will be written to it: what the command of -c prints goes to standard error. */
  readonly toStandardOutput: boolean;
}

export interface Recorded {
  /** undefined: there was nothing to record. */
  readonly profile?: Profile;
  readonly exitStatus: number;
  /** For the person at the terminal. */
  readonly messages: readonly string[];
}

const eventOf = ({ event }: SamplingOptions): SampledEvent => EVENTS.find(({ name }) => name === event) ?? DEFAULT_EVENT;

function sourceOf(options: SamplingOptions, event: SampledEvent): SampleSource {
  if (options.offCpu === true) return { kind: 'off-cpu', minUs: options.minUs ?? 0 };
  if (options.probe !== undefined) return { kind: 'probe', point: byteString(options.probe), ...(options.weight === undefined ? {} : { weight: byteString(options.weight) }) };
  return { kind: 'event', point: event.point, hz: rateOf(event, options.freq) };
}

const byteString = (text: string): string => Buffer.from(text).toString('latin1');

function planOf(options: SamplingOptions, event: SampledEvent, progressHz: number): SamplerPlan {
  return {
    source: sourceOf(options, event),
    family: options.pid !== undefined || options.command !== undefined,
    ...(options.comm === undefined ? {} : { comm: byteString(options.comm) }),
    ...(options.cgroup === undefined ? {} : { cgroup: options.cgroup.id }),
    stacks: options.user === true ? 'user' : options.kernel === true ? 'kernel' : 'both',
    perThread: options.perThread === true,
    progressHz,
  };
}

/** What the samples' weights mean: the first is what is shown. */
function valuesOf(options: SamplingOptions, event: SampledEvent): Valued[] {
  const counted = (type: string): Valued => ({ type: { type, unit: 'count' }, of: ({ count }) => count });
  if (options.offCpu === true) return [{ type: { type: 'off-cpu', unit: 'nanoseconds' }, of: ({ weight }) => weight * 1000 }, counted('waits')];
  if (options.weight !== undefined) return [{ type: { type: options.weight, unit: options.unit ?? 'count' }, of: ({ weight }) => weight }, counted('hits')];
  if (options.probe !== undefined) return [counted('hits')];
  const hz = rateOf(event, options.freq);
  if (hz === undefined) return [counted(event.name)];
  return [counted('samples'), ...(event.kind === 'clock' ? [{ type: { type: 'cpu', unit: 'nanoseconds' as const }, of: ({ count }: SampledStack) => Math.round((count * 1e9) / hz) }] : [])];
}

/** A script with the user's own probe point in it: what is wrong with that is shown where it stands. */
async function objectOf(text: string, options: SamplingOptions, target: LocalTarget): Promise<RunnableObject> {
  const { object, result } = await obtainObject({ scripts: [{ file: 'flamegraph.stp', text }], args: [], name: 'flamegraph', limits: SAMPLER_LIMITS, unwind: options.unwind ?? 'auto' }, target);
  if (object !== undefined) return object;
  const compiler = await loadCompiler();
  const errors = result?.diagnostics.filter(({ severity }) => severity === 'error') ?? [];
  if (options.probe === undefined) throw new Error(`the sampler does not compile:\n${compiler.renderDiagnostics(errors, false)}`);
  process.stderr.write(compiler.renderDiagnostics(errors, process.stderr.isTTY));
  throw new UsageError(options.weight === undefined ? `--probe: there is nothing to sample at '${options.probe}'` : '--probe, --weight: that cannot be sampled', "stapkit -L 'POINT' lists probe points with their variables");
}

/** The profile's heading. */
function titleOf(options: SamplingOptions, event: SampledEvent): string {
  const what = options.offCpu === true ? 'Off-CPU' : options.probe !== undefined ? `${options.weight === undefined ? '' : `${options.weight} at `}${options.probe}` : event.kind === 'clock' ? 'On-CPU' : event.name;
  const who = [options.command, options.pid === undefined ? undefined : `process ${options.pid}`, options.comm, options.cgroup?.path].filter((one) => one !== undefined).join(', ');
  return `${what}: ${who === '' ? 'all processes' : who}`;
}

interface Taken {
  readonly end: ToolEnd;
  readonly names: SystemNames | undefined;
  readonly stacks: readonly SampledStack[];
  readonly counts: SampleCounts;
  readonly startTime: number;
  readonly durationNs: number;
}

async function take(options: RecordOptions, object: RunnableObject, target: LocalTarget, progress: Progress | undefined, seconds: number | undefined): Promise<Taken> {
  const stacks: SampledStack[] = [];
  let counts: SampleCounts = { taken: 0, lost: 0, unread: 0, negative: 0 };
  let names: SystemNames | undefined;
  let [startTime, start] = [Date.now(), performance.now()];
  try {
    const end = await runTool({
      object, target, verbose: options.verbose, quiet: true, unwind: options.unwind ?? 'auto',
      ...(options.command === undefined ? {} : { command: options.command }),
      ...(options.toStandardOutput ? { commandOutput: STANDARD_ERROR } : {}),
      ...(options.pid === undefined ? {} : { targetPid: options.pid, endWithPids: [options.pid] }),
      ...(seconds === undefined ? {} : { durationSeconds: seconds }),
      onArmed: (_armed, known) => {
        names = known;
        [startTime, start] = [Date.now(), performance.now()];
        progress?.start();
      },
      onLine: (line) => {
        const read = parseSampledLine(line);
        if (read?.kind === 'stack') stacks.push(read.stack);
        else if (read?.kind === 'progress') progress?.tell(read.counts);
        else if (read !== undefined) ({ counts } = read);
      },
    });
    return { end, names, stacks, counts, startTime, durationNs: Math.round((performance.now() - start) * 1e6) };
  } finally {
    progress?.end();
  }
}

function notesOf({ end: { result }, counts, stacks, names }: Taken, unwind: SamplingOptions['unwind']): string[] {
  const empty = stacks.reduce((sum, { user, kernel, count }) => sum + (user.length + kernel.length === 0 ? count : 0), 0);
  return [
    ...(empty > 0 ? [`${times(empty, 'sample', 'samples')} without a stack`] : []),
    ...(process.arch !== 'x64' && unwind !== 'fp' ? ['user stacks by frame pointers: unwind tables are read on x86-64 alone'] : []),
    // Names are looked for when the session is over: its own count has none of them.
    ...describeLosses({ ...result, nameless: names === undefined ? {} : Object.fromEntries(names.nameless) }, ''),
    ...(names?.notFetched ?? []),
    ...(counts.unread > 0 ? [`${times(counts.unread, 'hit', 'hits')} left out: the weight could not be read`] : []),
    ...(counts.negative > 0 ? [`${times(counts.negative, 'hit', 'hits')} left out: the weight is below 0`] : []),
  ];
}

function metaOf(options: SamplingOptions, event: SampledEvent, taken: Taken): ProfileMeta {
  const { counts, end: { result }, startTime, durationNs } = taken;
  const hz = rateOf(event, options.freq);
  const notes = notesOf(taken, options.unwind);
  const lost = counts.lost + result.errors + result.skippedProbes;
  const isEvent = options.offCpu !== true && options.probe === undefined;
  return {
    title: titleOf(options, event), event: options.offCpu === true ? 'sched_switch' : (options.probe ?? event.name), host: hostname(), kernel: release(), startTime, durationNs,
    ...(isEvent && hz !== undefined && event.kind === 'clock' ? { period: Math.round(1e9 / hz), periodUnit: 'nanoseconds' as const } : {}),
    ...(options.command === undefined ? {} : { command: options.command }),
    ...(lost === 0 ? {} : { lost }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** How the command of -c failed; undefined: it did not. */
function commandFailure({ result: { command } }: ToolEnd): string | undefined {
  if (command?.signal !== undefined) return `the command was ended by ${command.signal}`;
  return command?.code === undefined || command.code === 0 ? undefined : `the command ended with status ${command.code}`;
}

/** Why there may be nothing. */
function nothing(options: SamplingOptions, { end: { result } }: Taken): string {
  if (result.command?.code === 127) return 'no samples: the command could not be started';
  if (options.offCpu === true) return 'no samples: nothing waited';
  return options.probe === undefined ? 'no samples: nothing of it ran (--off-cpu shows where it waits)' : 'no samples: the probe point was not hit';
}

async function recordEvent(options: RecordOptions, event: SampledEvent, target: LocalTarget): Promise<Recorded> {
  const shows = process.stderr.isTTY && (options.command === undefined || !process.stdout.isTTY);
  const object = await objectOf(samplerScript(planOf(options, event, shows ? PROGRESS_HZ : 0)), options, target);
  if (options.dryRun === true) return { exitStatus: EXIT.ok, messages: [`ready: attaches by ${tryTool({ object, target, verbose: options.verbose }).ways.join(', ')}`] };
  const seconds = options.duration ?? (options.command === undefined ? DEFAULT_SECONDS : undefined);
  const progress = shows ? new Progress({ write: (text) => { process.stderr.write(text); }, durationSeconds: seconds, now: () => performance.now() }) : undefined;
  const taken = await take(options, object, target, progress, seconds);
  const failure = commandFailure(taken.end);
  const ended = exitStatusOf({ ...taken.end.result, status: failure === undefined ? 0 : 1 });
  const messages = failure === undefined ? [] : [failure];
  const { names } = taken;
  if (names === undefined || taken.stacks.length === 0) return ended === EXIT.interrupted ? { exitStatus: ended, messages } : { exitStatus: EXIT.failed, messages: [...messages, nothing(options, taken)] };
  return { profile: namedProfile(taken.stacks, valuesOf(options, event), names, () => metaOf(options, event, taken)), exitStatus: ended, messages };
}

/** The script that would run, as a byte string. */
export function scriptFor(options: SamplingOptions): string {
  return samplerScript(planOf(options, eventOf(options), 0));
}

/** Samples as the options say, in the name of `command`. Rejects with UsageError, and with AttachError and the like when the machine cannot. */
export async function recordProfile(command: string, options: RecordOptions): Promise<Recorded> {
  requireRoot(command);
  if (options.pid !== undefined) requireProcess(options.pid);
  if (options.command !== undefined) requireCommand(options.command);
  const target = localTarget(options.pid === undefined ? {} : { targetPid: options.pid });
  const event = eventOf(options);
  try {
    return await recordEvent(options, event, target);
  } catch (error) {
    if (event.kind !== 'hardware' || !(error instanceof Error) || error.name !== 'AttachError') throw error;
    // The class's own field: why, without what to do about it.
    const { reason } = error as { readonly reason?: string };
    process.stderr.write(`${command}: ${event.name}: ${reason ?? error.message}; sampling by ${DEFAULT_EVENT.name}\n`);
    return recordEvent(options, DEFAULT_EVENT, target);
  }
}
