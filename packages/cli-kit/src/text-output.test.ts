import { describe, expect, test } from '@jest/globals';
import { TextOutput, openOutputFile, type WriteSync } from './text-output.js';

const failing = (code: string): never => { throw Object.assign(new Error(code), { code }); };

/** Takes at most `most` bytes a call. */
function sink(most = Infinity): { readonly write: WriteSync; readonly chunks: string[] } {
  const chunks: string[] = [];
  return { chunks, write: (_fd, bytes) => { const taken = Math.min(most, bytes.length); chunks.push(Buffer.from(bytes.subarray(0, taken)).toString()); return taken; } };
}

describe('text', () => {
  test('what one batch writes goes out together, by itself', async () => {
    const { write, chunks } = sink();
    const output = new TextOutput(undefined, write);
    output.write('a\n');
    output.write('b\n');
    expect(chunks).toEqual([]);
    await Promise.resolve();
    expect(chunks).toEqual(['a\nb\n']);
  });

  test('short writes and full pipes lose nothing', () => {
    const { write, chunks } = sink(3);
    let turn = 0;
    const output = new TextOutput(undefined, (fd, bytes) => { turn += 1; return turn % 2 === 0 ? failing(turn % 4 === 0 ? 'EAGAIN' : 'EINTR') : write(fd, bytes); });
    output.write('caf\u00e9 and more');
    output.close();
    expect(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))).toString()).toBe('caf\u00e9 and more');
  });

  test('a large batch does not wait', () => {
    const { write, chunks } = sink();
    new TextOutput(undefined, write).write('x'.repeat(100_000));
    expect(chunks[0]?.length).toBe(100_000);
  });
});

test('a reader that goes away ends it without an error', () => {
  let ended = 0;
  let calls = 0;
  const output = new TextOutput(undefined, () => { calls += 1; return failing('EPIPE'); });
  output.onEnd(() => { ended += 1; });
  output.write('a');
  output.flush();
  output.write('b');
  output.close();
  expect([ended, calls]).toEqual([1, 1]);
});

test('a full disk ends it, and closing tells', () => {
  let ended = 0;
  const output = new TextOutput(undefined, () => failing('ENOSPC'));
  output.onEnd(() => { ended += 1; });
  output.write('12345');
  expect(() => { output.close(); }).toThrow('no space left on the device (ENOSPC); at least 5 bytes');
  expect(ended).toBe(1);
});

test.each([['/no/such/folder/file', 'its folder does not exist'], ['/', 'that is a folder']])('%s cannot be written', (file, why) => {
  expect(() => openOutputFile(file)).toThrow(`cannot write to '${file}': ${why}`);
});
