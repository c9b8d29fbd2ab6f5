import { describe, expect, test } from '@jest/globals';
import { RowWriter, printable, renderTable, type Column, type Row, type RowWriterOptions } from './rows.js';

const COLUMNS: readonly Column[] = [
  { key: 'pid', title: 'PID', width: 5, align: 'right' },
  { key: 'file', title: 'FILE', width: 8 },
  { key: 'command', title: 'COMMAND', width: 8 },
];

function written(format: RowWriterOptions['format'], rows: readonly Row[], header = true): string {
  let text = '';
  const writer = new RowWriter({ columns: COLUMNS, format, header, write: (more) => { text += more; } });
  for (const row of rows) writer.row(row);
  expect(writer.count).toBe(rows.length);
  return text;
}

describe('columns', () => {
  test.each<[string, Row, string]>([
    ['aligned', { pid: 7, file: 'a', command: 'sh' }, '    7 a        sh\n'],
    ['nothing is cut', { pid: 1234567, file: 'a-long-file-name', command: 'sh' }, '1234567 a-long-file-name sh\n'],
    ['null and absent are -', { pid: null, file: '' }, '    -          -\n'],
    ['control characters do not reach the terminal', { pid: 1, file: '\x1b[31m', command: 'a\nb\x9b' }, '    1 \\x1b[31m a\\x0ab\\x9b\n'],
  ])('%s', (_name, row, line) => {
    expect(written('columns', [row], false)).toBe(line);
  });

  test('the header comes once, before the first row or when asked for', () => {
    expect(written('columns', [{ pid: 1, file: 'f', command: 'c' }, { pid: 2, file: 'f', command: 'c' }])).toBe('  PID FILE     COMMAND\n    1 f        c\n    2 f        c\n');
    let text = '';
    const writer = new RowWriter({ columns: COLUMNS, format: 'columns', header: true, write: (more) => { text += more; } });
    writer.head();
    writer.head();
    expect(text).toBe('  PID FILE     COMMAND\n');
  });
});

describe('CSV', () => {
  test.each<[string, Row, string]>([
    ['plain', { pid: 7, file: 'a', command: 'sh' }, '7,a,sh'],
    ['comma and quotes', { pid: 7, file: 'a,"b"', command: 'x' }, '7,"a,""b""",x'],
    ['line breaks', { pid: 7, file: 'a\nb', command: 'c\rd' }, '7,"a\nb","c\rd"'],
    ['null is empty', { pid: null, file: 'a', command: 'b' }, ',a,b'],
  ])('%s', (_name, row, line) => {
    expect(written('csv', [row])).toBe(`pid,file,command\n${line}\n`);
  });
});

test('JSON: one object a line, all keys of the row, no header', () => {
  const row = { pid: 7, file: 'a"\n\u00e9', other: null };
  const text = written('json', [row, row]);
  expect(text).toBe('{"pid":7,"file":"a\\"\\n\u00e9","other":null}\n'.repeat(2));
  expect(JSON.parse(text.split('\n')[0] ?? '')).toEqual(row);
});

test('a table is boxed on a terminal and plain elsewhere', async () => {
  const rows = [{ pid: 7, file: 'a', command: 'sh' }, { pid: null, file: 'b\x1b', command: 'x' }];
  expect(await renderTable(COLUMNS, rows, { boxed: false })).toBe('PID FILE  COMMAND\n  7 a     sh\n  - b\\x1b x\n');
  expect(await renderTable(COLUMNS, rows, { boxed: true })).toContain('│   7 │ a');
});

test('a boxed table fits the terminal; colours are no columns', async () => {
  const rows = [{ pid: 7, file: '0123456789abcdef', command: 'sh' }];
  const columns = COLUMNS.map((column) => ({ ...column, style: () => 'red' as const }));
  const [plain, colored] = [await renderTable(columns, rows, { boxed: true, width: 32 }), await renderTable(columns, rows, { boxed: true, width: 32, color: true })];
  expect(plain.split('\n').slice(1, 4)).toEqual(['│ PID │ FILE         │ COMMAND │', '│   7 │ 0123456789ab │ sh      │', '│     │ cdef         │         │']);
  expect(colored).toContain('\x1b[31m0123456789ab\x1b[39m');
  expect(colored.replaceAll(/\x1b\[\d+m/g, '')).toBe(plain);
});

test.each([['plain \u00e9 \u4e16', 'plain \u00e9 \u4e16'], ['\0\t\x7f', '\\x00\\x09\\x7f'], ['\u009b31m', '\\x9b31m']])('printable(%j)', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
