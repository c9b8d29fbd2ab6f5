import { expect, test } from '@jest/globals';
import { avoidedKinds } from './attach-choice.js';

test.each<[string | undefined, readonly string[] | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['kprobe', ['fentry', 'fexit']],
  ['fentry', ['kprobe', 'kretprobe']],
  ['single', ['kprobe_multi', 'kretprobe_multi', 'uprobe_multi', 'uretprobe_multi']],
])('STAPKIT_ATTACH=%p', (choice, avoided) => {
  expect(avoidedKinds(choice)).toEqual(avoided === undefined ? undefined : new Set(avoided));
});

test.each(['Kprobe', 'toString', 'uprobe'])('%s is refused', (choice) => {
  expect(() => avoidedKinds(choice)).toThrow(`STAPKIT_ATTACH='${choice}' is no way of attaching`);
});
