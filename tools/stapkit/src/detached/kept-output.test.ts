/** What a session in the background keeps, and how it is handed over. */
import { expect, test } from '@jest/globals';
import { FRAME, FrameReader, encodeFrame } from './frames.js';
import { KeptOutput } from './kept-output.js';

function read(kept: KeptOutput): string[] {
  const texts: string[] = [];
  for (let frame = kept.shift(); frame !== undefined; frame = kept.shift()) texts.push(`${frame.kind === FRAME.message ? '! ' : ''}${frame.bytes.toString()}`);
  return texts;
}

const keep = (limit: number, ...texts: readonly string[]): KeptOutput => {
  const kept = new KeptOutput(limit);
  for (const text of texts) kept.push(text.startsWith('W') ? FRAME.message : FRAME.output, Buffer.from(text));
  return kept;
};

test.each<[string, readonly string[], number, readonly string[]]>([
  ['all', ['a\n', 'WARNING\n', 'b\n'], 100, ['a\n', '! WARNING\n', 'b\n']],
  ['the newest', ['one\n', 'two\n', 'six\n'], 8, ['! WARNING: 4 bytes', 'two\n', 'six\n']],
  ['whole lines', ['a line in ', 'pieces\nnext\n'], 14, ['! WARNING: 17 bytes', 'next\n']],
  ['whole lines, with a message between', ['a line in ', 'WARN\n', 'pieces\nnext\n'], 20, ['! WARNING: 17 bytes', '! WARN\n', 'next\n']],
  ['what is larger than the memory', ['x'.repeat(100)], 10, ['x'.repeat(100)]],
])('%s', (_name, texts, limit, expected) => {
  const have = read(keep(limit, ...texts));
  expect(have).toHaveLength(expected.length);
  for (const [index, text] of expected.entries()) expect(have[index]).toContain(text);
});

test('it is told once', () => {
  const kept = keep(4, 'one\n', 'two\n');
  expect(read(kept)).toHaveLength(2);
  kept.push(FRAME.output, Buffer.from('six\n'));
  expect(read(kept)).toEqual(['six\n']);
});

test('large output is kept in pieces, of which the oldest go', () => {
  const lines = Array.from({ length: 40_000 }, (_, index) => `${index}\n`).join('');
  const [warning = '', ...texts] = read(keep(100_000, lines));
  const text = texts.join('');
  expect(lines.endsWith(`\n${text}`)).toBe(true);
  expect(warning).toContain(`WARNING: ${lines.length - text.length} bytes`);
  expect(text.length).toBeLessThanOrEqual(100_000);
});

test('frames come out whole however they are cut', () => {
  const bytes = Buffer.concat([encodeFrame(FRAME.attach), encodeFrame(FRAME.output, Buffer.from('text')), encodeFrame(FRAME.ended, Uint8Array.of(1))]);
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new FrameReader();
    const frames = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => reader.push(bytes.subarray(index * size, (index + 1) * size))).flat();
    expect(frames.map(({ kind, bytes: rest }) => [kind, rest.toString('latin1')])).toEqual([[FRAME.attach, ''], [FRAME.output, 'text'], [FRAME.ended, '\x01']]);
  }
});
