import { describe, expect, test } from '@jest/globals';
import type { IrGlobal, IrInstruction, StatShape } from '@stapkit/object';
import { DEFAULT_LIMITS, SESSION } from '@stapkit/object';
import { POINTS, long, n, probe, program, straight } from './ir-fixtures.test-support.js';
import { planStorage } from './storage.js';

const stat = (name: string, shape: StatShape): IrGlobal => ({ kind: 'stat', name, stat: shape });
const plan = (globals: readonly IrGlobal[], ...read: IrInstruction[]): ReturnType<typeof planStorage> =>
  planStorage(program({ globals, probes: [probe(POINTS.tracepoint, straight([long], ...globals.map((_global, id): IrInstruction => ({ op: 'stat-add', global: id, value: n(1) })), ...read))] }), DEFAULT_LIMITS);

describe('scalar statistics', () => {
  test.each<[string, StatShape, string]>([
    ['a count', { functions: ['count'] }, 'striped'],
    ['a sum', { functions: ['sum'] }, 'striped'],
    ['an average', { functions: ['avg', 'count'] }, 'striped'],
    ['nothing read', { functions: [] }, 'striped'],
    ['a minimum', { functions: ['count', 'min'] }, 'stats'],
    ['a maximum', { functions: ['max'] }, 'stats'],
    ['a variance', { functions: ['variance'] }, 'stats'],
    ['a histogram', { functions: ['count'], histogram: { kind: 'log' } }, 'stats'],
  ])('%s', (_name, shape, place) => {
    const [storage] = plan([stat('s', shape)]).storages;
    expect(storage?.kind === 'per-cpu' ? storage.map : storage?.kind).toBe(place);
  });

  test('one that a kernel handler reads is in one place for all CPUs', () => {
    const { storages } = plan([stat('s', { functions: ['count'] }), stat('other', { functions: ['count'] })], { op: 'stat-get', fn: 'count', dst: 0, global: 0 });
    expect(storages.map((one) => (one.kind === 'per-cpu' ? one.map : one.kind))).toEqual(['stats_shared', 'striped']);
  });

  test.each([[1, 64], [4, 64], [5, 128], [9, 256]])('stripes of %i averages are %i bytes apart, behind the scalars, none across a cache line that is not its own', (count, stride) => {
    const globals: IrGlobal[] = [{ kind: 'long', name: 'n', initial: 0n }, ...Array.from({ length: count }, (_one, index) => stat(`s${index}`, { functions: ['avg'] }))];
    const { storages, globalsBytes } = planStorage(program({ globals, probes: [] }), DEFAULT_LIMITS);
    const base = SESSION.size + 64;
    expect(storages.slice(1)).toEqual(Array.from({ length: count }, (_one, index) => ({ kind: 'striped', offset: base + index * 16, stripes: 64, stride, layout: { bytes: 16, count: 0, sum: 8 } })));
    expect(globalsBytes).toBe(base + 64 * stride);
  });
});
