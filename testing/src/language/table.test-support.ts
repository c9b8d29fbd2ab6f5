/**
 * Tables of the language: each row is run in a kernel handler, in this process, and, where the globals are constants, by the
 * compiler itself. A table is one script for each place, its rows functions, a handler for some of them at a time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';

/** Construct; where stap's manual says what it does; statements; what they print. */
export type Row = readonly [construct: string, source: string, statements: string, expected: string];

export interface TableOptions {
  /** Values of globals: constants for the compiler, and variables that a begin probe writes for the executors. */
  readonly values?: Readonly<Record<string, number | bigint | string>>;
  /** Declarations that the rows build on. */
  readonly declarations?: string;
  readonly options?: readonly string[];
  /** Of the script: $1, @1 and so on. */
  readonly args?: readonly string[];
  /** Left out where the rows need globals that change. */
  readonly constants?: boolean;
}

type Place = 'in a kernel handler' | 'in this process' | 'folded by the compiler';

/** Rows in one handler: a handler is one program, and the verifier of old kernels follows no more than some thousand branches. */
const ROWS_A_HANDLER = 12;

export function languageTable(rows: readonly Row[], { values = {}, declarations = '', options = [], args = [], constants = true }: TableOptions = {}): void {
  const places: readonly Place[] = ['in a kernel handler', 'in this process', ...(constants ? ['folded by the compiler' as const] : [])];
  describe.each(places)('%s', (place) => {
    let folder = '';
    let parts: readonly string[] = [];
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'stapkit-table-'));
      const file = join(folder, 'table.stp');
      writeFileSync(file, scriptFor(place, rows, values, declarations), 'latin1');
      const { stdout, stderr } = await stapkit('stapkit', ['-w', '--no-global-var-display', ...options, file, ...(args.length === 0 ? [] : ['--', ...args])], { timeoutMs: 100_000 });
      if (stderr !== '') throw new Error(stderr);
      parts = partsOf(stdout, rows.length);
    }, 120_000);
    afterAll(() => { rmSync(folder, { recursive: true }); });

    test.each(rows.map(([construct, source, statements, expected], index) => ({ name: `${construct} [${source}] ${statements.replaceAll('\n', ' ')}`, index, expected })))('$name', ({ index, expected }) => {
      expect(parts[index]).toBe(expected);
    });
  });
}

function scriptFor(place: Place, rows: readonly Row[], values: NonNullable<TableOptions['values']>, declarations: string): string {
  const literal = (value: number | bigint | string): string => (typeof value === 'string' ? `"${value}"` : String(value));
  const globals = Object.entries(values).map(([name, value]) => `global ${name} = ${literal(value)}`);
  const writes = place === 'folded by the compiler' ? [] : [`probe begin(-9) { ${Object.entries(values).map(([name, value]) => `${name} = ${literal(value)}`).join('; ')} }`];
  const functions = rows.map(([, , statements], index) => `function row_${index}:long() { ${statements}; return 0 }`);
  const groups = Array.from({ length: Math.ceil(rows.length / ROWS_A_HANDLER) }, (_, group) => rows.slice(group * ROWS_A_HANDLER, (group + 1) * ROWS_A_HANDLER).map((_row, at) => group * ROWS_A_HANDLER + at));
  const calls = groups.map((group) => group.map((index) => `print("\\002${index}\\001"); row_${index}();`).join(' '));
  const probes = place === 'in a kernel handler'
    ? [`global finished ${calls.map((_, at) => `global done_${at}`).join(' ')}`, ...calls.map((body, at) => `probe kernel.trace("sched_switch") { if (done_${at}++) next; ${body} if (++finished == ${calls.length}) exit() }`)]
    : [...calls.map((body, at) => `probe begin(${at + 1}) { ${body} }`), `probe begin(${calls.length + 1}) { exit() }`];
  return [...globals, declarations, ...writes, ...functions, ...probes, ''].join('\n');
}

/** Handlers of several CPUs end in any order: each row's text has its number before it. */
function partsOf(output: string, count: number): readonly string[] {
  const parts = new Map(output.split('\u0002').slice(1).map((part) => {
    const end = part.indexOf('\u0001');
    return [Number(part.slice(0, end)), part.slice(end + 1)] as const;
  }));
  return Array.from({ length: count }, (_, index) => parts.get(index) ?? '(the handler ended before this row)');
}
