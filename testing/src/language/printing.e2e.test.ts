/** The print family: every function, flag, width, precision and conversion, and what the manuals print as examples. */
import { describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { languageTable } from './table.test-support.js';

const VALUES = {
  zero: 0, one: 1, two: 2, five: 5, n123: 123, m45: -45, big: 255, eight: 8, page: 4096, m1: -1, min: -9223372036854775808n,
  s: 'abc', empty: '', wide: 7, left: -7, pointer: 0x1234abcd,
};
const MAN = 'man stap PRINTING';

describe('functions', () => {
  languageTable([
    ['print', `${MAN}; langref 9.1`, 'print("hello"); print(five, s, " ", m45)', 'hello5abc -45'],
    ['println', `${MAN}; langref 9.5`, 'println(s); println(); println(five, s)', 'abc\n\n5abc\n'],
    ['printd', `${MAN}; langref 9.3`, 'printd("/", "one", "two", "three", 4, five, 6)', 'one/two/three/4/5/6'],
    ['printdln', `${MAN}; langref 9.4`, 'printdln("|", five, s, n123)', '5|abc|123\n'],
    ['printd with an empty delimiter', MAN, 'printd("", five, s)', '5abc'],
    ['printf', `${MAN}; langref 9.2`, 'printf("%d, %s\\n", five, s)', '5, abc\n'],
    ['printf without directives', MAN, 'printf("100%% plain")', '100% plain'],
    ['sprint', `${MAN}; langref 9.6`, 'x = sprint(five, s, m45); print(strlen(x), x)', '75abc-45'],
    ['sprintln', MAN, 'x = sprintln(five, s); print(strlen(x), x)', '55abc\n'],
    ['sprintd', MAN, 'x = sprintd(":", five, s); print(strlen(x), x)', '55:abc'],
    ['sprintdln', MAN, 'x = sprintdln(":", five, s); print(strlen(x), x)', '65:abc\n'],
    ['sprintf', `${MAN}; langref 9.7`, 'x = sprintf("%05d<%s>", five, s); print(strlen(x), x)', '1000005<abc>'],
    ['print_char', 'reference 2.7', 'print_char(65); print_char(five + 61)', 'AB'],
    ['println(a . " is " . sprint(16))', `${MAN}, examples`, 'println(s . " is " . sprint(16))', 'abc is 16\n'],
  ], { values: VALUES });
});

describe('numbers', () => {
  languageTable([
    ['%d and %i', 'langref table 1', 'printf("%d %i %d %d", n123, m45, zero, min)', '123 -45 0 -9223372036854775808'],
    ['%u', 'langref table 1', 'printf("%u %u", n123, m1)', '123 18446744073709551615'],
    ['%o', 'langref table 1', 'printf("%o %o", eight, m1)', '10 1777777777777777777777'],
    ['%x', 'langref table 1', 'printf("%x %x %x", big, pointer, m1)', 'ff 1234abcd ffffffffffffffff'],
    ['%X', 'langref table 1', 'printf("%X %X", big, pointer)', 'FF 1234ABCD'],
    ['%p is %#x', 'stap >= 1.3', 'printf("%p %p", page, zero)', '0x1000 0x0'],
    ['l is allowed', 'reference 2.7', 'printf("%ld %lu %lx", five, five, big)', '5 5 ff'],
    ['width', 'langref table 3', 'printf("[%5d][%2d][%1d]", n123, n123, n123)', '[  123][123][123]'],
    ['- aligns left', 'langref table 2', 'printf("[%-5d][%-5x]", n123, big)', '[123  ][ff   ]'],
    ['0 pads with zeros', 'langref table 2', 'printf("[%05d][%05d][%08x]", n123, m45, big)', '[00123][-0045][000000ff]'],
    ['+ shows the sign', 'langref table 2', 'printf("[%+d][%+d][%+d]", n123, m45, zero)', '[+123][-45][+0]'],
    ['a blank for the sign', 'langref table 2', 'printf("[% d][% d]", n123, m45)', '[ 123][-45]'],
    ['# prefixes', `${MAN}, examples`, 'printf("%#o %#x %#X", one, two, five - two)', '01 0x2 0X3'],
    ['# prefixes zero as well', 'reference 2.7', 'printf("%#o %#x %#X", zero, zero, zero)', '00 0x0 0X0'],
    ['# with width', 'langref table 2', 'printf("[%#8x][%#6o]", big, eight)', '[    0xff][   010]'],
    ['precision is digits', 'langref table 4', 'printf("[%.5d][%.1d][%8.5d][%-8.5d][%.4x]", n123, n123, n123, n123, big)', '[00123][123][   00123][00123   ][00ff]'],
    ['precision of a negative number', 'langref table 4', 'printf("[%.4d][%7.4d]", m45, m45)', '[-0045][  -0045]'],
    ['precision 0 of 0', 'as printk (langref table 4 would write nothing)', 'printf("[%.0d][%.d]", zero, zero)', '[0][0]'],
    ['* is an argument', MAN, 'printf("[%*d][%-*d][%.*d][%*.*d]", wide, five, wide, five, two, five, wide, two, five)', '[      5][5      ][05][     05]'],
    ['a negative * aligns left', 'reference 2.7', 'printf("[%*d]", left, five)', '[5      ]'],
  ], { values: VALUES });
});

describe('strings, characters, binary', () => {
  languageTable([
    ['%s', 'langref table 1', 'printf("%s|%s|", s, empty)', 'abc||'],
    ['%s with width', 'langref table 3', 'printf("[%6s][%-6s][%2s]", s, s, s)', '[   abc][abc   ][abc]'],
    ['%s with precision', 'langref table 4', 'printf("[%.2s][%.9s][%.0s][%5.1s][%-5.1s]", s, s, s, s, s)', '[ab][abc][][    a][a    ]'],
    ['%s with *', MAN, 'printf("[%*s][%.*s][%-*.*s]", wide, s, two, s, five, one, s)', '[    abc][ab][a    ]'],
    ['%#s', 'reference 2.7: no visible effect', 'printf("%#s", s)', 'abc'],
    ['%c', MAN, 'printf("%c%c", 97, 66)', 'aB'],
    ['%c with width', MAN, 'printf("[%3c][%-3c]", 65, 66)', '[  A][B  ]'],
    ['%#c', `${MAN}, examples`, 'printf("%#c %#c %#c", zero, 9, 42)', '\\000 \\t *'],
    ['%#c, all escapes', 'reference 2.7', 'printf("%#c%#c%#c%#c%#c%#c%#c %#c%#c %#c%#c", 7, 8, 12, 10, 13, 9, 11, 39, 92, 27, 200)', "\\a\\b\\f\\n\\r\\t\\v \\'\\\\ \\033\\310"],
    ['%%', 'langref table 1', 'printf("%d%%", five)', '5%'],
    ['%1b %2b %4b %8b %b', 'langref 9.2', 'printf("%1b%2b%4b", 0x41, 0x4342, 0x47464544); printf("%b%8b", 0x4847464544434241, 0x3837363534333231)', 'ABCDEFGABCDEFGH12345678'],
    ['%b takes its width from the precision too', 'reference 2.7', 'printf("%.2b", 0x4241)', 'AB'],
    ['the binary example', 'langref 9.2', 'printf("%1b%1b%1blo %1b%1brld", 72, 101, 108, 87, 111 + zero)', 'Hello World'],
    ['the second binary example', 'langref 9.2', 'for (i = 97; i < 110; i++) printf("%3d: %1b%1b%1b\\n", i, i, i - 32, i - 64)', Array.from({ length: 13 }, (_, at) => `${String(at + 97).padStart(3)}: ${String.fromCharCode(at + 97, at + 65, at + 33)}\n`).join('')],
    ['the printf example', `${MAN}, examples`, 'printf("%c is %s; %x or %X or %p; %d or %u\\n", 97, s, pointer, pointer, pointer, m1, m1)', 'a is abc; 1234abcd or 1234ABCD or 0x1234abcd; -1 or 18446744073709551615\n'],
    ['many arguments', MAN, 'printf("%d %s %d %s %d %s %d %s %d %s", one, s, two, s, five, s, big, s, m1, s)', '1 abc 2 abc 5 abc 255 abc -1 abc'],
    ['in sprintf', MAN, 'x = sprintf("%-6s|%3c|%+d|%.2s", s, 65, five, s); print(x, strlen(x))', 'abc   |  A|+5|ab16'],
    ['numbers inside a string that is compared', MAN, 'print(sprintf("%x", big) == "ff", sprintf("%5d", five) == "    5", sprintf("%#o", eight) == "010")', '111'],
  ], { values: VALUES });
});

test('foreach (name in id) printdln (man stap PRINTING, examples)', async () => {
  const { stdout } = await stapkit('stapkit', ['-e', 'global id probe begin { id["alice"] = 1234; id["bob"] = 4567; foreach (name in id) printdln("|", strlen(name), name, id[name]); exit() }']);
  expect(stdout).toBe('5|alice|1234\n3|bob|4567\n');
});

test('%b%b as bytes (langref 9.2: hexdump of 0xc0dedbad, 0x12345678)', async () => {
  const { stdout } = await stapkit('stapkit', ['-e', 'probe begin { printf("%b%b", 0xc0dedbad, 0x12345678); exit() }']);
  expect(Buffer.from(stdout, 'latin1').toString('hex')).toBe('addbdec0000000007856341200000000');
});

test('%m and %M read memory: of the process with #, else of the kernel (man stap PRINTING)', async () => {
  const script = `probe syscall.write { if (pid() == target() && fd == 1) {
    printf("[%#.4m][%#6.4m][%#.4M][%#12.4M][%#m][%#M][%#.7M]", buf_uaddr, buf_uaddr, buf_uaddr, buf_uaddr, buf_uaddr, buf_uaddr, buf_uaddr)
    n = strlen("ab"); text = sprintf("%#.3M", buf_uaddr)
    printf("[%#.*M][%#.*m][%#*.*M][%#*m] %d", n, buf_uaddr, n, buf_uaddr, n * 5, n, buf_uaddr, -n, buf_uaddr, text == "616263")
    try { printf("%.3M", 1) } catch (e) { printf(" %s", substr(e, 0, 17)) }
    exit()
  } }`;
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', script, '-c', 'sh -c "echo abcdef"']);
  expect({ text: stdout.replace('abcdef\n', ''), stderr, status }).toEqual({
    text: '[abcd][  abcd][61626364][    61626364][a][61][6162636465660a][6162][ab][      6162][a ] 1 kernel read fault', stderr: '', status: 0,
  });
});

/** Wrong arguments: what is said, and where (columns of the script). */
describe('refused', () => {
  test.each([
    ['printf("%d")', "wrong number of args to formatted print operator: expected 1, found 0"],
    ['printf("%d %d", 1)', 'wrong number of args to formatted print operator: expected 2, found 1'],
    ['printf("%d", 1, 2)', 'wrong number of args to formatted print operator: expected 1, found 2'],
    ['printf("%*d", 1)', 'wrong number of args to formatted print operator: expected 2, found 1'],
    ['printf("%d", "x")', 'type mismatch: expected long but found string'],
    ['printf("%s", 1)', 'type mismatch: expected string but found long'],
    ['printf("%*d", "x", 1)', 'type mismatch: expected long but found string'],
    ['printf("%c", "x")', 'type mismatch: expected long but found string'],
    ['printf("%n", 1)', "invalid or missing conversion specifier in '%n'"],
    ['printf("%-+5d", 1)', "invalid or missing conversion specifier in '%-+5d'"],
    ['printf("%lld", 1)', "invalid or missing conversion specifier in '%lld'"],
    ['printf("%", 1)', "invalid or missing conversion specifier in '%'"],
    ['printf("%y", 1)', "invalid or missing conversion specifier in '%y'"],
    ['x = "%d"; printf(x, 1)', "the format of 'printf' must be a literal"],
    ['printf()', "'printf' needs a format"],
    ['x = ","; printd(x, 1, 2)', "the delimiter of 'printd' must be a literal"],
    ['printd(",", 1)', "'printd' takes a delimiter and two or more arguments, found 1"],
    ['print()', "'print' needs something to print"],
    ['sprint()', "'sprint' needs something to print"],
    ['printfln("%d", 1)', "unresolved function 'printfln'"],
    ['print_char("a")', 'type mismatch: expected long but found string'],
    ['x <<< 1; print(x)', "'x' is a local variable: a statistic must be global"],
  ])('%s: %s', async (statement, message) => {
    const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', `probe begin { ${statement} }`]);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});
