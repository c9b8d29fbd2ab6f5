/** Reads the text that `perf script` prints. */
import { ProfileBuilder } from '../profile/profile-builder.js';
import { ProfileError } from '../profile/profile-error.js';
import { UNKNOWN, type Frame, type Profile, type ProfileMeta, type SampleContext, type Unit } from '../profile/profile.js';
import type { ProfileReader } from './format.js';
import { numberedLines, textOf } from './lines.js';
import { kindOfModule } from './modules.js';

const FORMAT = 'perf script';
/** `comm pid/tid [cpu] time: period event: rest`; comm may hold blanks, cpu, time and period may be left out, a single id is the thread's. */
const HEADER = /^\s*(\S.*?)\s+(-?\d+)(?:\/(-?\d+))?\s+(?:\[(\d+)\]\s+)?(?:[-.\w]{4,6}\s+)??(?:(\d+\.\d+):\s+)?(?:(\d+)\s+)?([\w./=,@*-]+(?::[\w./=,@*-]+)*):(?:\s+(.*))?$/;
/** `addr symbol+0xoff (module)`. */
const FRAME = /^\s*([0-9a-f]+)\s+(\S.*)$/;
/** `file.c:12`, below a frame (-F +srcline). */
const SOURCE = /^\s+(\S.*):(\d+)(?:\s+\(discriminator \d+\))?\s*$/;
/** What stands there when the line is not known: `module[addr]`, `module+0xoff`. */
const NO_SOURCE = /^\s+(?:\S.*(?:\[[0-9a-f]+\]|\+0x[0-9a-f]+)|\?\?:[0?])\s*$/;
/** Events that count nanoseconds of CPU time. */
const CLOCKS = /^(?:cpu-clock|task-clock)(?::|$)/;

interface RawFrame {
  readonly name: string;
  readonly address: bigint;
  readonly module: string | undefined;
  readonly inlined: boolean;
  file?: string;
  line?: number;
}

interface RawSample {
  readonly context: SampleContext;
  readonly seconds: number | undefined;
  readonly period: number | undefined;
  readonly event: string;
  /** Innermost first, as in the text. */
  readonly frames: RawFrame[];
}

/** Cuts `symbol (module)` at the parenthesis that the last one closes: symbols have parentheses, modules may (`(deleted)`). */
function splitModule(text: string): readonly [symbol: string, module: string] | undefined {
  if (!text.endsWith(')')) return undefined;
  let open = 0;
  for (let at = text.length - 1; at > 0; at -= 1) {
    if (text[at] === ')') open += 1;
    else if (text[at] === '(' && (open -= 1) === 0) return text[at - 1] === ' ' ? [text.slice(0, at).trimEnd(), text.slice(at + 1, -1)] : undefined;
  }
  return undefined;
}

function parseFrame(line: string): RawFrame | undefined {
  const [, address = '', rest = ''] = FRAME.exec(line) ?? [];
  const parts = splitModule(rest.trimEnd());
  if (parts === undefined || address.length > 16) return undefined;
  const [symbol, module] = parts;
  const inlined = module === 'inlined';
  return { name: symbol.replace(/\+0x[0-9a-f]+$/, ''), address: BigInt(`0x${address}`), inlined, module: inlined || module === UNKNOWN ? undefined : module.replace(/\+0x[0-9a-f]+$/, '') };
}

function parseHeader(line: string): RawSample | undefined {
  const match = HEADER.exec(line);
  if (match === null) return undefined;
  const [, command = '', first, second, cpu, time, period, event = '', rest = ''] = match as (string | undefined)[];
  const [pid, tid] = second === undefined ? [undefined, Number(first)] : [Number(first), Number(second)];
  // Without call chains, the sampled address stands on the line itself.
  const own = parseFrame(rest);
  return {
    context: { command, ...(pid === undefined ? {} : { pid }), tid, ...(cpu === undefined ? {} : { cpu: Number(cpu) }) },
    seconds: time === undefined ? undefined : Number(time),
    period: period === undefined ? undefined : Number(period),
    event,
    frames: own === undefined ? [] : [own],
  };
}

/** What perf record's own header tells (`perf script --header`). */
function parseComment(line: string, meta: { command?: string; host?: string; kernel?: string }): void {
  const [, key, value = ''] = /^# (cmdline|hostname|os release) : (.*?)\s*$/.exec(line) ?? [];
  if (key === 'cmdline') meta.command = value;
  else if (key === 'hostname') meta.host = value;
  else if (key === 'os release') meta.kernel = value;
}

function parse(text: string): { readonly samples: RawSample[]; readonly meta: ProfileMeta } {
  const samples: RawSample[] = [];
  const meta: { command?: string; host?: string; kernel?: string } = {};
  let sample: RawSample | undefined;
  for (const [line, number] of numberedLines(text)) {
    if (line.trim() === '') { sample = undefined; continue; }
    if (line.startsWith('#')) { parseComment(line, meta); continue; }
    const frame = sample === undefined ? undefined : parseFrame(line);
    if (frame !== undefined) { sample?.frames.push(frame); continue; }
    if (sample !== undefined && /^\s/.test(line)) {
      const last = sample.frames.at(-1);
      if (NO_SOURCE.test(line)) continue;
      const [, file, row] = SOURCE.exec(line) ?? [];
      if (last !== undefined && file !== undefined) {
        last.file = file;
        last.line = Number(row);
        continue;
      }
    }
    sample = parseHeader(line);
    if (sample === undefined) throw new ProfileError(FORMAT, `line ${number}`, `neither a sample nor a frame: '${line.length > 60 ? `${line.slice(0, 57)}…` : line}'`, 'give the output of perf script with its default fields');
    samples.push(sample);
  }
  return { samples, meta };
}

/** Frames outermost first. An inlined call belongs to the module of the function around it, which perf prints after it. */
function framesOf(raw: readonly RawFrame[]): Frame[] {
  let module: string | undefined;
  // The kernel runs on top of the process: an address of its half below user code is where unwinding went astray.
  const firstUser = raw.findIndex((frame) => !frame.inlined && kindOfFrame(frame) !== 'kernel');
  return raw.map((frame, index) => ({ frame, astray: firstUser >= 0 && index > firstUser })).reverse().map(({ frame, astray }) => {
    if (!frame.inlined) module = frame.module;
    const { name, address, file, line } = frame;
    return {
      name, kind: frame.inlined ? 'inlined' : astray && frame.module === undefined ? 'user' : kindOfFrame(frame),
      ...(module === undefined ? {} : { module }),
      ...(address === 0n ? {} : { address }),
      ...(file === undefined ? {} : { file }),
      ...(line === undefined || line === 0 ? {} : { line }),
    };
  });
}

/** Addresses of the upper half are the kernel's on every 64-bit Linux. */
function kindOfFrame({ module, address }: RawFrame): Frame['kind'] {
  return module === undefined && address >= 0x8000_0000_0000_0000n ? 'kernel' : kindOfModule(module);
}

function read(bytes: Uint8Array): Profile {
  const { samples, meta } = parse(textOf(FORMAT, bytes));
  if (samples.length === 0) throw new ProfileError(FORMAT, undefined, 'there are no samples in it');
  const events = [...new Set(samples.map(({ event }) => event))];
  const unitOf = (event: string): Unit => (CLOCKS.test(event) ? 'nanoseconds' : 'count');
  const [first = ''] = events;
  const single = events.length === 1;
  const hasPeriods = samples.some(({ period }) => period !== undefined);
  const byEvent = events.map((event) => ({ type: event, unit: unitOf(event) }));
  const builder = new ProfileBuilder(single ? [{ type: 'samples', unit: 'count' }, ...(hasPeriods ? byEvent : [])] : byEvent);
  const times = samples.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds]));
  const start = times.reduce((least, time) => Math.min(least, time), Infinity);
  const end = times.reduce((most, time) => Math.max(most, time), -Infinity);
  for (const sample of samples) {
    const period = sample.period ?? 1;
    const values = single ? [1, ...(hasPeriods ? [period] : [])] : events.map((event) => (event === sample.event ? period : 0));
    const stack = framesOf(sample.frames).map((frame) => builder.frame(frame));
    builder.add(stack, values, sample.context, sample.seconds === undefined ? undefined : nanoseconds(sample.seconds - start));
  }
  return builder.build({ ...meta, event: single ? first : events.join(', '), ...(end > start ? { durationNs: nanoseconds(end - start) } : {}) });
}

/** perf prints microseconds; what a difference of two doubles adds to them is noise. */
function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e6) * 1000;
}

export const perfScriptReader: ProfileReader = {
  name: FORMAT,
  recognizes: (_bytes, text) => {
    const lines = text.split('\n');
    const header = lines.findIndex((line) => !line.startsWith('#') && HEADER.test(line));
    if (header < 0) return false;
    return parseHeader(lines[header] ?? '')?.frames.length === 1 || lines.slice(header + 1, header + 3).some((line) => /^\s/.test(line) && parseFrame(line) !== undefined) || lines[0]?.startsWith('# ====') === true;
  },
  read,
};
