import { expect, test } from '@jest/globals';
import { mayTryNext, shortReason } from './ways.js';

const error = (name: string, message: string, reason?: string): Error => Object.assign(new Error(message), { name }, reason === undefined ? {} : { reason });

test.each([
  [error('AttachError', 'cannot attach x: this kernel has no kprobes (CONFIG_KPROBES is not set) (and before: fexit: EPERM; a policy); use a tracepoint', 'this kernel has no kprobes (CONFIG_KPROBES is not set) (and before: fexit: EPERM; a policy)'), 'this kernel has no kprobes (CONFIG_KPROBES is not set)'],
  [error('ToolScriptError', "no function 'tcp_try_fastopen'; more"), "no function 'tcp_try_fastopen'"],
])('the reason in short', (one, text) => {
  expect(shortReason(one)).toBe(text);
});

test.each([['AttachError', true], ['ToolScriptError', true], ['SyscallError', false], ['TypeError', false], ['VerifierError', false]])('after %s the next way is tried: %p', (name, next) => {
  expect(mayTryNext(error(name, ''))).toBe(next);
});
