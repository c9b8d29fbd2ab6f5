import { expect, test } from '@jest/globals';
import { networkNamespace, processIds, processInNamespace } from './network-namespace.js';

test('this process', () => {
  expect(networkNamespace('self')).toBe(networkNamespace(process.pid));
  expect(networkNamespace(0x7fff_ffff)).toBeUndefined();
  expect(processIds()).toContain(process.pid);
});

test.each<[number, number | 'self' | undefined]>([[1, 'self'], [2, 30], [3, undefined]])('a process in namespace %i', (inode, process_) => {
  const namespaces: Record<string, number> = { self: 1, 10: 1, 30: 2, 40: 2 };
  expect(processInNamespace(inode, { pids: () => [10, 20, 30, 40], namespaceOf: (pid) => namespaces[pid] })).toBe(process_);
});
