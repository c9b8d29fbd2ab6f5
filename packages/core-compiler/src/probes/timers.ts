/** timer.s(N) and its units, .randomize(N), timer.profile and timer.profile.freq.hz(N). */
import type { AttachPoint } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import type { Target } from '../target/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, numberArgument, pointText, type Expand, type Surroundings } from './family.js';
import { incompletePoint, numberOutOfRange, unknownComponent, unknownTick } from './problems.js';
import type { ResolvedPoint } from './resolve.js';

const NS_PER_SECOND = 1_000_000_000n;
const UNITS_NS: Readonly<Record<string, bigint>> = {
  s: NS_PER_SECOND, sec: NS_PER_SECOND, ms: 1_000_000n, msec: 1_000_000n, us: 1_000n, usec: 1_000n, ns: 1n, nsec: 1n,
};
const AFTER_TIMER = [...Object.keys(UNITS_NS), 'hz', 'jiffies', 'profile'];
/** Longest interval that the kernel's 64-bit nanosecond clock can hold without doubt: 31 years. */
const LONGEST_NS = NS_PER_SECOND * 1_000_000_000n;
/** kernel.perf_event_max_sample_rate allows no more by default. */
const FASTEST_HZ = 100_000n;

export const expandTimer: Expand = (point, around, problems) => {
  const [timer, unit] = point.components;
  if (timer === undefined || !hasNoArgument(timer, problems)) return [];
  if (unit === undefined) {
    problems.report(incompletePoint(point, 'timer', `.s(N), .ms(N) or .profile`));
    return [];
  }
  const attach = unit.name === 'profile' ? profile(point, problems) : interval(point, unit, around.target, problems);
  return attach === undefined ? [] : [resolved(point, around, attach)];
};

function resolved(point: ProbePoint, around: Surroundings, attach: AttachPoint): ResolvedPoint {
  const name = pointText(point.components);
  return {
    name, attach, where: attach.kind === 'profile' ? 'kernel' : 'host', isReturn: false,
    context: contextWithoutVariables(`'${name}'`, around.lookup, 'timer probes have no target variables'),
  };
}

function interval(point: ProbePoint, unit: ProbePointComponent, target: Target, problems: DiagnosticSink): AttachPoint | undefined {
  if (!AFTER_TIMER.includes(unit.name)) {
    problems.report(unknownComponent(unit, 'timer', AFTER_TIMER));
    return undefined;
  }
  const count = numberArgument(unit, problems);
  if (count === undefined) return undefined;
  if (count < 1n) {
    problems.report(numberOutOfRange(unit, 'a number from 1'));
    return undefined;
  }
  const [, , randomize, extra] = point.components;
  const superfluous = unit.name === 'hz' ? randomize : extra;
  if (superfluous !== undefined || (randomize !== undefined && randomize.name !== 'randomize')) {
    const component = superfluous ?? randomize;
    if (component !== undefined) problems.report(unknownComponent(component, pointText(point.components.slice(0, 2)), unit.name === 'hz' || superfluous !== undefined ? [] : ['randomize']));
    return undefined;
  }
  const unitNs = unit.name === 'jiffies' ? tickNs(unit, target, problems) : UNITS_NS[unit.name];
  const intervalNs = unit.name === 'hz' ? NS_PER_SECOND / count : unitNs === undefined ? undefined : unitNs * count;
  if (intervalNs === undefined) return undefined;
  if (intervalNs < 1n || intervalNs > LONGEST_NS) {
    problems.report(numberOutOfRange(unit, `an interval between 1 ns and ${LONGEST_NS / NS_PER_SECOND} s`));
    return undefined;
  }
  const spread = randomize === undefined ? 0n : numberArgument(randomize, problems);
  if (spread === undefined) return undefined;
  if (randomize !== undefined && (spread < 0n || spread > count)) {
    problems.report(numberOutOfRange(randomize, `a number from 0 to the timer's own, ${count}`));
    return undefined;
  }
  return { kind: 'timer', intervalNs, randomizeNs: spread * (unitNs ?? 0n) };
}

function tickNs(unit: ProbePointComponent, target: Target, problems: DiagnosticSink): bigint | undefined {
  const rate = target.config('CONFIG_HZ');
  if (rate !== undefined && /^[1-9][0-9]*$/.test(rate)) return NS_PER_SECOND / BigInt(rate);
  problems.report(unknownTick(unit));
  return undefined;
}

/** timer.profile, timer.profile.tick, timer.profile.freq.hz(N) */
function profile(point: ProbePoint, problems: DiagnosticSink): AttachPoint | undefined {
  const [, , kind, frequency, extra] = point.components;
  if (!point.components.slice(0, 3).every((component) => hasNoArgument(component, problems))) return undefined;
  if (kind === undefined) return { kind: 'profile' };
  const last = kind.name === 'tick' ? frequency : extra;
  if ((kind.name !== 'tick' && kind.name !== 'freq') || last !== undefined) {
    const component = last ?? kind;
    problems.report(unknownComponent(component, pointText(point.components.slice(0, point.components.indexOf(component))), last === undefined ? ['tick', 'freq'] : []));
    return undefined;
  }
  if (kind.name === 'tick') return { kind: 'profile' };
  if (frequency?.name !== 'hz') {
    problems.report(frequency === undefined ? incompletePoint(point, 'timer.profile.freq', '.hz(N)') : unknownComponent(frequency, 'timer.profile.freq', ['hz']));
    return undefined;
  }
  const hertz = numberArgument(frequency, problems);
  if (hertz === undefined) return undefined;
  if (hertz < 1n || hertz > FASTEST_HZ) {
    problems.report(numberOutOfRange(frequency, `a number from 1 to ${FASTEST_HZ}`));
    return undefined;
  }
  return { kind: 'profile', frequencyHz: Number(hertz) };
}
