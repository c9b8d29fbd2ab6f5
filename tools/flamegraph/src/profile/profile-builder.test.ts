import { describe, expect, test } from '@jest/globals';
import { ProfileBuilder } from './profile-builder.js';
import { totalOf, type Frame } from './profile.js';

const SAMPLES = [{ type: 'samples', unit: 'count' }] as const;
const user = (name: string, rest: Partial<Frame> = {}): Frame => ({ name, kind: 'user', ...rest });

describe('equal things are one', () => {
  test.each<[string, Frame, Frame, boolean]>([
    ['the same function', user('f'), user('f'), true],
    ['another kind', user('f'), { name: 'f', kind: 'kernel' }, false],
    ['another line', user('f', { line: 1 }), user('f', { line: 2 }), false],
    ['another address', user('f', { address: 1n }), user('f', { address: 2n }), false],
    ['another module', user('f', { module: 'a' }), user('f', { module: 'b' }), false],
    ['module or file', user('f', { module: 'a' }), user('f', { file: 'a' }), false],
    ['no name', user(''), user('[unknown]'), true],
  ])('frames: %s', (_name, one, other, same) => {
    const builder = new ProfileBuilder(SAMPLES);
    expect(builder.frame(one) === builder.frame(other)).toBe(same);
  });

  test('stacks are added up, those of other threads and those with a time are not', () => {
    const builder = new ProfileBuilder(SAMPLES);
    const stack = [builder.frame(user('main')), builder.frame(user('work'))];
    builder.add(stack, [1]);
    builder.add([...stack], [2]);
    builder.add(stack, [4], { pid: 1 });
    builder.add(stack, [8], { pid: 1 });
    builder.add(stack, [16], undefined, 100);
    builder.add(stack, [32], undefined, 100);
    const profile = builder.build({});
    expect(profile.samples.map((sample) => [sample.values, sample.context, sample.timeNs])).toEqual([[[3], undefined, undefined], [[12], { pid: 1 }, undefined], [[16], undefined, 100], [[32], undefined, 100]]);
    expect(totalOf(profile, 0)).toBe(63);
  });
});

test.each([[[]], [[1, 2]], [[-1]], [[NaN]], [[Infinity]]])('values %p are refused', (values) => {
  expect(() => { new ProfileBuilder(SAMPLES).add([], values); }).toThrow(RangeError);
});

test('a profile without a type of value is refused', () => {
  expect(() => new ProfileBuilder([])).toThrow(RangeError);
});
