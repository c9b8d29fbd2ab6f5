/** Statistics: every @op, histograms byte for byte as the manuals print them, globals that are printed at the end. */
import { describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { languageTable } from './table.test-support.js';

/** All are filled by a begin probe, in this process, and by a kernel handler in the table's second half. */
const FILL = `
global s, one_value, none, negative, arr, huge, v0, v1, small, lin, never_filled
function fill() {
  for (i = 1; i <= 5; i++) { s <<< i; v0 <<< i; v1 <<< i; arr["a"] <<< i * 10; arr["b", 0] }
}`.replace('; arr["b", 0]', '');

const DECLARATIONS = `${FILL}
global ready
probe begin(-8) {
  fill()
  one_value <<< 42; negative <<< -7; negative <<< 2; arr["b"] <<< -3
  huge <<< 0x7fffffffffffffff; huge <<< 1
  small <<< -100; small <<< 1; small <<< 2; small <<< 3; small <<< 100
  for (i = 0; i < 10; i++) lin <<< i * 10
  ready = 1
}
probe never { never_filled <<< 1; arr["none"] <<< 1 }`;

describe('@ops', () => {
  languageTable([
    ['@count', 'langref 8.3.1', 'print(@count(s), @count(one_value), @count(arr["a"]))', '515'],
    ['@sum', 'langref 8.3.2', 'print(@sum(s), " ", @sum(negative), " ", @sum(arr["a"]))', '15 -5 150'],
    ['@min', 'langref 8.3.3', 'print(@min(s), " ", @min(negative), " ", @min(arr["a"]))', '1 -7 10'],
    ['@max', 'langref 8.3.4', 'print(@max(s), " ", @max(negative), " ", @max(arr["a"]))', '5 2 50'],
    ['@avg, cut toward zero', 'langref 8.3.5', 'print(@avg(s), " ", @avg(negative), " ", @avg(arr["a"]))', '3 -2 30'],
    ['sums wrap', 'langref 5.2.2', 'print(@sum(huge))', '-9223372036854775808'],
    ['@variance', 'man stap STATISTICS, example', 'print(@variance(v0))', '12'],
    ['@variance with a shift', 'man stap STATISTICS, example', 'print(@variance(v1, 1))', '2'],
    ['@variance of one value', 'reference 2.5', 'print(@variance(one_value))', '0'],
    ['an empty @count and @sum', 'reference 2.5', 'print(@count(none), @sum(none), @count(arr["q"]), @sum(arr["q"]))', '0000'],
    ['an empty @min', 'reference 2.5', 'try { print(@min(never_filled)) } catch (e) { print(e) }', 'empty aggregate'],
    ['an empty @max', 'reference 2.5', 'try { print(@max(never_filled)) } catch (e) { print(e) }', 'empty aggregate'],
    ['an empty @avg', 'reference 2.5', 'try { print(@avg(arr["q"])) } catch (e) { print(e) }', 'empty aggregate'],
    ['an empty @variance', 'reference 2.5', 'try { print(@variance(never_filled)) } catch (e) { print(e) }', 'empty aggregate'],
    ['an empty histogram', 'reference 2.5', 'try { print(@hist_log(never_filled)) } catch (e) { print(e) }', 'empty aggregate'],
    ['a bucket of an empty histogram', 'reference 2.5', 'try { print(@hist_log(never_filled)[64]) } catch (e) { print(e) }', 'empty aggregate'],
    ['a bucket out of range', 'reference 2.5', 'try { print(@hist_linear(small, 1, 3, 1)[9]) } catch (e) { print(e) }', 'histogram index out of range'],
    ['buckets of @hist_linear', 'man stap STATISTICS, example', 'foreach (bucket in @hist_linear(small, 1, 3, 1)) printf("%d:%d ", bucket, @hist_linear(small, 1, 3, 1)[bucket])', '0:1 1:1 2:1 3:1 4:1 '],
    ['the counts of buckets', 'man stap STATEMENTS, VAR = KEY', 'foreach (v = bucket in @hist_linear(small, 1, 3, 1) limit 4) printf("%d:%d ", bucket, v)', '0:1 1:1 2:1 3:1 '],
    ['buckets of @hist_log', 'reference 2.5', 'print(@hist_log(s)[64], @hist_log(s)[65], @hist_log(s)[66], @hist_log(s)[67], @hist_log(s)[63])', '01220'],
    ['an element exists when it has a value', 'langref 7.2', 'print("a" in arr, "q" in arr)', '10'],
    ['foreach by the count', 'man stap STATEMENTS', 'foreach (k in arr-) print(k, @count(arr[k]), " ")', 'a5 b1 '],
    ['foreach by @count, @max and, which counts, @variance', 'man stap STATEMENTS; reference 2.4', 'foreach (k in arr @count +) print(k); foreach (k in arr @max -) print(k); foreach (k in arr @variance -) print(k)', 'baabab'],
    ['foreach by @op', 'man stap STATEMENTS', 'foreach (k in arr @min +) print(k); foreach (k in arr @sum -) print(k); foreach (k in arr @avg + limit 1) print(k)', 'baabb'],
  ], { declarations: DECLARATIONS, constants: false });
});

/** A chart as the manuals print it: the bar's line, then rows of label, bar and count. */
function chart(width: number, rows: readonly (readonly [label: string, bar: number, count: number] | '~')[]): string {
  const digits = Math.max(...rows.map((row) => (row === '~' ? 0 : String(row[2]).length)));
  const line = (label: string, bar: number, count: string): string => `${label.padStart(width)} |${'@'.repeat(bar).padEnd(50)} ${count}`;
  const head = `${'value'.padStart(width)} |${'-'.repeat(50)} count`;
  return `${[head, ...rows.map((row) => (row === '~' ? `${' '.repeat(width)} ~` : line(row[0], row[1], String(row[2]).padStart(digits))))].join('\n')}\n\n`;
}

const CHARTS: readonly (readonly [name: string, source: string, fill: string, print: string, expected: string])[] = [
  ['the chart of langref 8.4.1', 'langref 8.4.1', 'if (n < 1650) s <<< n % 200; else if (n < 1658) s <<< 200 + n % 100; else if (n < 1659) s <<< 1400', '@hist_linear(s, 0, 10240, 200)', chart(5, [
    ['0', 50, 1650], ['200', 0, 8], ['400', 0, 0], ['600', 0, 0], '~', ['1000', 0, 0], ['1200', 0, 0], ['1400', 0, 1], ['1600', 0, 0], ['1800', 0, 0],
  ])],
  ['the chart of langref 8.4.2', 'langref 8.4.2', 'if (n < 254) s <<< 32; else if (n < 257) s <<< 64; else if (n < 259) s <<< 128; else if (n < 261) s <<< 256; else if (n < 265) s <<< 512; else if (n < 16954) s <<< 1024', '@hist_log(s)', chart(5, [
    ['8', 0, 0], ['16', 0, 0], ['32', 0, 254], ['64', 0, 3], ['128', 0, 2], ['256', 0, 2], ['512', 0, 4], ['1024', 49, 16689], ['2048', 0, 0], ['4096', 0, 0],
  ])],
  ['rows below and above the range', 'reference 2.5', 'if (n < 5) s <<< -5; else if (n < 8) s <<< 12; else if (n < 10) s <<< 99', '@hist_linear(s, 10, 30, 10)', chart(5, [['<10', 5, 5], ['10', 3, 3], ['20', 0, 0], ['30', 0, 0], ['>30', 2, 2]])],
  ['negative values of @hist_log', 'reference 2.5', 'if (n < 1) s <<< -9; else if (n < 3) s <<< -1; else if (n < 4) s <<< 0; else if (n < 5) s <<< 3', '@hist_log(s)', chart(5, [
    ['-32', 0, 0], ['-16', 0, 0], ['-8', 1, 1], ['-4', 0, 0], ['-2', 0, 0], ['-1', 2, 2], ['0', 1, 1], ['1', 0, 0], ['2', 1, 1], ['4', 0, 0], ['8', 0, 0],
  ])],
  ['many empty rows are left out', 'langref 8.4.1', 'if (n < 2) s <<< 1; else if (n < 3) s <<< 1048576', '@hist_log(s)', chart(7, [
    ['0', 0, 0], ['1', 2, 2], ['2', 0, 0], ['4', 0, 0], '~', ['262144', 0, 0], ['524288', 0, 0], ['1048576', 1, 1], ['2097152', 0, 0], ['4194304', 0, 0],
  ])],
];

describe.each([['filled in this process', false], ['filled in a kernel handler', true]])('charts, %s', (_where, inKernel) => {
  test.each(CHARTS)('%s [%s]', async (_name, _source, fill, print, expected) => {
    const script = inKernel
      ? `global s, n probe syscall.read { if (pid() == target()) { ${fill}; n++ } } probe end { print(${print}) }`
      : `global s probe begin { for (n = 0; n < 17000; n++) { ${fill} } exit() } probe end { print(${print}) }`;
    const target = inKernel ? ['-c', 'dd if=/dev/zero of=/dev/null bs=1 count=17000 status=none'] : [];
    const { stdout, stderr } = await stapkit('stapkit', ['-w', '-DMAXACTION=100000', '-e', script, ...target]);
    expect(stderr).toBe('');
    expect(stdout).toBe(expected);
  });
});

describe('settings', () => {
  const script = 'global s probe begin { for (i = 0; i < 100; i++) s <<< 1; for (i = 0; i < 25; i++) s <<< 2; s <<< 1048576; exit() } probe end { print(@hist_log(s)) }';
  test.each([
    ['HIST_WIDTH', ['-DHIST_WIDTH=10'], '  value |---------- count\n'],
    ['HIST_WIDTH scales the bars', ['-DHIST_WIDTH=10'], '      1 |@@@@@@@@@@ 100\n'],
    ['the scale is rounded up', [], '      1 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ 100\n      2 |@@@@@@@@@@@@                                        25\n'],
    ['HIST_ELISION=0', ['-DHIST_ELISION=0'], '      2 |@@@@@@@@@@@@                                        25\n        ~\n1048576 |'],
    ['HIST_ELISION=-1', ['-DHIST_ELISION=-1'], '    128 |                                                     0\n    256 |'],
    ['HIST_ELISION=3', ['-DHIST_ELISION=3'], '     16 |                                                     0\n        ~\n 131072 |'],
  ])('%s', async (_name, options, part) => {
    const { stdout } = await stapkit('stapkit', [...options, '-e', script]);
    expect(stdout).toContain(part);
  });
});

/** Globals that are written and never read (langref 3.3.1): [what, declarations, statements, output]. */
const AUTO_PRINTED: readonly (readonly [what: string, globals: string, statements: string, expected: string])[] = [
  ['a number', 'n', 'n = 5', 'n=5\n'],
  ['a negative number', 'n', 'n = -5', 'n=-5\n'],
  ['a counter', 'n', 'n++; n++', 'n=2\n'],
  ['a string', 't', 't = "a b"', 't="a b"\n'],
  ['an array of numbers, the largest first', 'a', 'a[1] = 5; a[2] = 9; a[3] = 7', 'a[2]=9\na[3]=7\na[1]=5\n'],
  ['an array with text keys', 'a', 'a["x"] = 1; a["y"] = 2', 'a["y"]=2\na["x"]=1\n'],
  ['keys of both kinds', 'a', 'a["x", 1] = 1; a["y", -2] = 2', 'a["y",-2]=2\na["x",1]=1\n'],
  ['an array of strings, the greatest first', 'a', 'a[1] = "x"; a[2] = "z"; a[3] = "y"', 'a[2]="z"\na[3]="y"\na[1]="x"\n'],
  ['a statistic', 's', 's <<< 3; s <<< 5', 's @count=0x2 @min=0x3 @max=0x5 @sum=0x8 @avg=0x4\n'],
  ['a negative statistic', 's', 's <<< -1', 's @count=0x1 @min=0xffffffffffffffff @max=0xffffffffffffffff @sum=0xffffffffffffffff @avg=0xffffffffffffffff\n'],
  ['an array of statistics, by the count', 'a', 'a["x"] <<< 1; a["y"] <<< 2; a["y"] <<< 4', 'a["y"] @count=0x2 @min=0x2 @max=0x4 @sum=0x6 @avg=0x3\na["x"] @count=0x1 @min=0x1 @max=0x1 @sum=0x1 @avg=0x1\n'],
  ['an initial value', 'n = 7', 'n = 8', 'n=8\n'],
  ['several, in the order of their declaration', 'b, a', 'a = 1; b = 2', 'b=2\na=1\n'],
  ['what is read is not printed', 'a, b', 'a = 1; b = a', 'b=1\n'],
];

test.each(AUTO_PRINTED)('printed at the end, in this process: %s', async (_what, globals, statements, expected) => {
  const { stdout } = await stapkit('stapkit', ['-w', '-e', `global ${globals} probe begin { ${statements}; exit() }`]);
  expect(stdout).toBe(expected);
});

test('printed at the end, from a kernel handler: the same', async () => {
  // One script: each case has names of its own.
  const rename = (text: string, at: number): string => text.replaceAll(/(?<![\w"@])([abnst])(?=\b(?!"))(?! b")/g, `$1${at}`);
  const cases = AUTO_PRINTED.map(([, globals, statements, expected], at) => ({ globals: rename(globals, at), statements: rename(statements, at), expected: rename(expected, at) }));
  const script = `global ${cases.map((one) => one.globals).join(', ')} global done probe kernel.trace("sched_switch") { if (done++) next; ${cases.map((one) => one.statements).join('; ')}; exit() }`;
  const { stdout, stderr } = await stapkit('stapkit', ['-w', '-e', script]);
  expect(stderr).toBe('');
  expect(stdout).toBe(cases.map((one) => one.expected).join(''));
});

test.each([
  ['an empty statistic', ['-e', 'global s, on probe begin { if (on) s <<< 1; exit() }'], 's @count=0x0\n'],
  ['nothing with --no-global-var-display', ['--no-global-var-display', '-e', 'global n probe begin { n = 1; exit() }'], ''],
  ['after error probes as well', ['-e', 'global n probe begin { n = 1; error("x") }'], ''],
  ['an address as %#x', ['-e', 'global p probe begin { p = &@cast(0x1000, "task_struct")->comm; exit() }'], /^p=0x[0-9a-f]+\n$/],
])('printed at the end: %s', async (_what, args, expected) => {
  const { stdout } = await stapkit('stapkit', ['-w', ...args]);
  if (typeof expected === 'string') expect(stdout).toBe(expected);
  else expect(stdout).toMatch(expected);
});
