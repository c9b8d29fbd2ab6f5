import { expect, test } from '@jest/globals';
import type { CompileResult } from '@stapkit/core-compiler';
import { describePasses } from './passes.js';

test('all passes of a script that compiles', () => {
  const result = {
    timings: [{ pass: 'parse', milliseconds: 1.4 }, { pass: 'elaborate', milliseconds: 2 }, { pass: 'translate', milliseconds: 3.5 }, { pass: 'write', milliseconds: 0 }],
    object: { bytes: new Uint8Array(100), metadata: { probes: [{}], globals: [{}, {}], programs: [] } },
  } as unknown as CompileResult;
  expect(describePasses(result, 22, [1, 1, 1, 1])).toBe([
    'Pass 1: parsed user script and 22 library scripts in 1ms.',
    'Pass 2: analyzed script: 1 probe, 2 globals in 2ms.',
    'Pass 3: translated to BPF: 0 programs in 4ms.',
    'Pass 4: wrote an object of 100 bytes in 0ms.\n',
  ].join('\n'));
});

test('passes after the one that failed did not run', () => {
  expect(describePasses({ timings: [{ pass: 'parse', milliseconds: 1 }, { pass: 'elaborate', milliseconds: 2 }] } as unknown as CompileResult, 1, [1, 1, 1, 1])).toBe('Pass 1: parsed user script and 1 library script in 1ms.\nPass 2: analyzed script in 2ms.\n');
});
