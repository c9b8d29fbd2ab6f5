#!/usr/bin/env node
/** node bench/readers.mjs: best of several runs, in ms: opening the kernel's types, one look-up by name, parsing 900 lines. Needs `npm run build`. */
import { readFileSync } from 'node:fs';
import { Btf } from '../packages/debuginfo/dist/index.js';
import { DiagnosticSink } from '../packages/core-compiler/dist/diagnostics/index.js';
import { SourceText } from '../packages/core-compiler/dist/source/index.js';
import { parseScript } from '../packages/core-compiler/dist/syntax/index.js';

const best = (action) => Math.min(...Array.from({ length: 12 }, () => {
  const start = performance.now();
  action();
  return performance.now() - start;
}));
const types = readFileSync('/sys/kernel/btf/vmlinux');
const script = Array.from({ length: 300 }, (_, index) => `probe syscall.read_${index}.return? {\n  if (pid() == target() && $return > ${index}) total[execname(), "x"] <<< $return * 2 + ${index} . "text\\n"\n}`).join('\n');
const facts = { kernelVersion: '6.1.0', kernelRelease: '6.1.0', arch: 'x86_64', config: () => undefined, systemtapVersion: '5.6', runtime: 'bpf', guruMode: false, privilege: 'stapdev' };
const rows = {
  'open the kernel\'s types': () => Btf.parse(types),
  'open them and find struct task_struct': () => Btf.parse(types).findByName('task_struct', 'struct'),
  'parse a script of 900 lines': () => parseScript(new SourceText('900.stp', script), { diagnostics: new DiagnosticSink(), facts, args: [] }),
};
for (const [name, action] of Object.entries(rows)) process.stdout.write(`${name}: ${best(action).toFixed(1)} ms\n`);
