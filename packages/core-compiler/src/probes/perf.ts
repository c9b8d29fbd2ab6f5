/**
 * perf.type(N).config(M) with .sample(N), .hz(N), .process("PATH"), .counter("NAME"): events that the kernel counts,
 * as perf_event_open(2) numbers them. The tapset has their names: perf.sw.page_faults.
 */
import type { AttachPoint, ProcessFilter } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, numberArgument, pointText, textArgument, type Expand, type Surroundings } from './family.js';
import { incompletePoint, numberOutOfRange, repeatedComponent, unknownComponent } from './problems.js';
import { findPrograms } from './programs.js';
import type { ResolvedPoint } from './resolve.js';

/** stap's. */
const DEFAULT_PERIOD = 1_000_000;
const LARGEST_PERIOD = BigInt(Number.MAX_SAFE_INTEGER);
/** kernel.perf_event_max_sample_rate allows no more by default. */
const FASTEST_HZ = 100_000n;
const SUFFIXES = ['sample', 'hz', 'process', 'counter'];

export const expandPerf: Expand = (point, around, problems) => {
  const [perf, type, config, ...suffixes] = point.components;
  if (perf === undefined || !hasNoArgument(perf, problems)) return [];
  if (type?.name !== 'type' || config?.name !== 'config') {
    if (type !== undefined && type.name !== 'type') problems.report(unknownComponent(type, 'perf', ['type', 'hw', 'sw', 'hw_cache']));
    else if (config !== undefined) problems.report(unknownComponent(config, pointText(point.components.slice(0, 2)), ['config']));
    else problems.report(incompletePoint(point, pointText(point.components), type === undefined ? '.type(N).config(M)' : '.config(M)'));
    return [];
  }
  const numbers = [unsigned(type, 32, problems), unsigned(config, 64, problems)];
  const options = readSuffixes(point, suffixes, problems);
  const [typeNumber, configNumber] = numbers;
  if (typeNumber === undefined || configNumber === undefined || options === undefined) return [];
  const event = { type: Number(typeNumber), config: configNumber };
  if (options.counter !== undefined) return [resolved(pointText(point.components), { kind: 'perf-counter', name: options.counter, ...event }, around)];
  const rate = options.hertz === undefined ? { period: options.period ?? DEFAULT_PERIOD } : { frequencyHz: options.hertz };
  if (options.process === undefined) return [resolved(pointText(point.components), { kind: 'perf-event', ...event, ...rate }, around)];
  return findPrograms(options.process, point, around, problems).map(({ path, label, pid }) => {
    const processes: ProcessFilter = pid === undefined ? { kind: 'program', path } : { kind: 'pid', pid };
    const name = point.components.map((one) => (one.name === 'process' ? label : pointText([one]))).join('.');
    return resolved(name, { kind: 'perf-event', ...event, ...rate, processes }, around);
  });
};

interface Options { readonly period?: number; readonly hertz?: number; readonly process?: ProbePointComponent; readonly counter?: string }

/** undefined, and reported, when one is wrong. */
function readSuffixes(point: ProbePoint, suffixes: readonly ProbePointComponent[], problems: DiagnosticSink): Options | undefined {
  let options: Options = {};
  const seen = new Set<string>();
  for (const suffix of suffixes) {
    const { name } = suffix;
    if (!SUFFIXES.includes(name)) {
      problems.report(unknownComponent(suffix, pointText(point.components.slice(0, point.components.indexOf(suffix))), SUFFIXES));
      return undefined;
    }
    // A counter is not sampled, and there is one rate.
    const group = name === 'hz' || name === 'counter' ? 'sample' : name;
    if (seen.has(group)) {
      problems.report(repeatedComponent(suffix, 'of .sample, .hz and .counter there can be one, and one .process'));
      return undefined;
    }
    seen.add(group);
    const option = readSuffix(suffix, problems);
    if (option === undefined) return undefined;
    options = { ...options, ...option };
  }
  return options;
}

function readSuffix(suffix: ProbePointComponent, problems: DiagnosticSink): Options | undefined {
  switch (suffix.name) {
    case 'process': return { process: suffix };
    case 'counter': {
      const counter = textArgument(suffix, problems);
      return counter === undefined ? undefined : { counter };
    }
    default: {
      const most = suffix.name === 'hz' ? FASTEST_HZ : LARGEST_PERIOD;
      const value = numberArgument(suffix, problems);
      if (value !== undefined && value >= 1n && value <= most) return suffix.name === 'hz' ? { hertz: Number(value) } : { period: Number(value) };
      if (value !== undefined) problems.report(numberOutOfRange(suffix, `a number from 1 to ${most}`));
      return undefined;
    }
  }
}

function unsigned(component: ProbePointComponent, bits: number, problems: DiagnosticSink): bigint | undefined {
  const value = numberArgument(component, problems);
  if (value === undefined) return undefined;
  const most = (1n << BigInt(bits)) - 1n;
  const wide = bits === 64 ? BigInt.asUintN(64, value) : value;
  if (wide >= 0n && wide <= most) return wide;
  problems.report(numberOutOfRange(component, `a number from 0 to ${most}`));
  return undefined;
}

function resolved(name: string, attach: AttachPoint, around: Surroundings): ResolvedPoint {
  return {
    name, attach, where: attach.kind === 'perf-counter' ? 'host' : 'kernel', isReturn: false,
    context: contextWithoutVariables(`'${name}'`, around.lookup, 'perf probes have no target variables'),
  };
}
