/** Texts that a handler makes and looks at: quoting, searching, formatting, groups of regular expressions. The same in a kernel handler and in this process. */
import { expect, test } from '@jest/globals';
import { runInBothExecutors, type Case } from './both-executors.test-support.js';
import { stapkit } from './checkout.js';

/** Globals that change, so that nothing is known when the script is compiled; `as` keys and keeps texts. */
const FILL = `
global path, empty, odd, long_odd, words, one, kept, as
probe begin {
  path = "/usr/lib64/libc.so.6"; empty = "x"; empty = ""; odd = "a\\n\\"\\\\\\001\\377'"; words = ",a,b;;c d"; one = 1
  for (i = 0; i < 130; i++) long_odd .= "\\001"
}
function keep(text) { as[text] = 1; kept = text; return text in as && kept == text }
`;

const CASES: readonly Case[] = [
  ['string_quoted()', 'q = string_quoted(odd); printf("%d %s", keep(q), q)', '1 "a\\n\\"\\\\\\001\\377\'"'],
  ['string_quoted() of nothing', 'q = string_quoted(empty); printf("%d%s", q == "\\"\\"", q)', '1""'],
  ['string_quoted() of too much', 'q = string_quoted(long_odd); printf("%d %d %s", keep(q), strlen(q), substr(q, 496, 99))', '1 509 1\\001\\001"...'],
  ['text_str()', 'q = text_str(odd); printf("%d %s", keep(q), q)', '1 a\\n\\"\\\\\\001\\377\''],
  ['text_str() of too much', 'q = text_str(long_odd); printf("%d %d", keep(q), strlen(q))', '1 508'],
  ['text_strn()', 'a = text_strn(path, 4, 1); b = text_strn(path, 4, 0); c = text_strn(path, 0, 1); printf("%d%d%d %s %s %s", keep(a), keep(b), keep(c), a, b, c)', '111 "/usr"... /usr "/usr/lib64/libc.so.6"'],
  ['strpos() and isinstr()', 'printf("%d %d %d %d %d%d", strpos(path, "lib"), strpos(path, "libx"), strpos(path, empty), strpos(empty, path), isinstr(path, "so"), isinstr(path, "os"))', '5 -1 0 -1 10'],
  ['strpos() at the end', 'printf("%d %d %d", strpos(path, ".6"), strpos(path, path), strpos(path, path . "x"))', '18 0 -1'],
  ['str_replace()', 'a = str_replace(path, "lib", "LIBRARY"); b = str_replace(path, "/", empty); printf("%d%d %s %s %s", keep(a), keep(b), a, b, str_replace(path, empty, "x"))', '11 /usr/LIBRARY64/LIBRARYc.so.6 usrlib64libc.so.6 /usr/lib64/libc.so.6'],
  ['tokenize() keeps its place', 'a = tokenize(words, ",;"); b = tokenize(",;"); c = tokenize(",;"); d = tokenize(",;"); printf("%d[%s][%s][%s][%s]", keep(c), a, b, c, d)', '1[a][b][c d][]'],
  ['errno_str() and return_str()', 'a = errno_str(one + 1); b = errno_str(4000 + one); c = return_str(1, -one); printf("%d%d%d %s %s %s", keep(a), keep(b), keep(c), a, b, c)', '111 ENOENT E#4001 -1 (EPERM)'],
  ['@enumname', 'a = @enumname(one, "bpf_map_type"); b = @enumname(one + 99999, "bpf_map_type"); printf("%d%d %s %s", keep(a), keep(b), a, b)', '11 BPF_MAP_TYPE_HASH 100000'],
  ['ip_ntop()', 'a = ip_ntop(0x0100007f * one); printf("%d %s", keep(a), a)', '1 127.0.0.1'],
  ['ctime()', 'a = ctime(792648800 * one); b = ctime(-one); printf("%d%d %s %s", keep(a), keep(b), a, b)', '11 Mon Feb 13 04:13:20 1995 Wed Dec 31 23:59:59 1969'],
  ['ctime() of no time', 'try { a = ctime(-0x80000000 - one); println(keep(a)) } catch (e) { print(e) }', 'ctime: the time is too far in the past'],
  ['matched() as key', 'if (path =~ "/([a-z]+)\\\\.so(\\\\.[0-9])?(x)?") { a = matched(1); b = matched(0); c = matched(3); printf("%d%d%d %s %s [%s]", keep(a), keep(b), keep(c), a, b, c) }', '111 libc /libc.so.6 []'],
  ['matched() by a number', 'if (path =~ "(l)(i)(b)") for (n = ngroups() - 1; n > 0; n--) { a = matched(n); printf("%d%s", keep(a), a) }', '1b1i1l'],
  ['matched() of one of two patterns', 'x = one ? path =~ "u(s)" : path =~ "(x)"; a = matched(1); printf("%d%d%s", x, keep(a), a)', '11s'],
  ['matched() of the leftmost, the longest', '("xabcbcd" . empty) =~ "(b|bc)(c|bcd)?"; a = matched(0); b = matched(1); c = matched(2); printf("%d %s %s %s", keep(a), a, b, c)', '1 bcbcd bc bcd'],
  ['sprintf(): width and precision of the script', 'a = sprintf("%*d|%-*s|%.*s|%0*x|%*c", 5 * one, 42, -one - 23, path, one + 2, path, one + 5, -1 >>> 60, 3 * one, 65); printf("%d %s", keep(a), a)', '1    42|/usr/lib64/libc.so.6    |/us|00000f|  A'],
  ['sprintf(): wide fields', 'a = sprintf("%70d|%-66s|%.65d", one, path, one); printf("%d %d %s", keep(a), strlen(a), substr(a, 68, 8))', '1 203  1|/usr/'],
  ['sprintf(): %c', 'a = sprintf("%c%#c%#c%#c|%3c", 64 + one, 9 + one, 38 + one, one, 65); printf("%d %s", keep(a), a)', "1 A\\n\\'\\001|  A"],
  ['sprintf() ends at a NUL', 'a = sprintf("x%cy", one - 1); b = sprintf("%2b%8b", 0x4241 * one, 0x43); printf("%d %s %s %d", keep(a), a, b, strlen(b))', '1 x ABC 3'],
  ['sprintf(): %b', 'a = sprintf("%4b%.2b", 0x44434241 * one, 0x4645); printf("%d %s", keep(a), a)', '1 ABCDEF'],
  ['a text of texts', 'a = string_quoted(str_replace(sprintf("%s|%s", ctime(one), string_quoted(path)), " ", "_")); printf("%d %s", keep(a), a)', '1 "Thu_Jan__1_00:00:01_1970|\\"/usr/lib64/libc.so.6\\""'],
  ['loops in loops in loops', 'for (a = 0; a < 2; a++) for (b = 0; b < 2; b++) for (c = 0; c < 2; c++) for (d = 0; d < 2; d++) for (e = 0; e < 3; e++) { if (e == 1) continue; for (f = 0; f < 9; f++) { if (f == 2) break; for (g = 0; g < 2; g++) n += strpos(path, "r") } } printf("%d", n)', '384'],
];

runInBothExecutors('texts', FILL, CASES);

test('memory as it is and in hexadecimal', async () => {
  const script = [
    'global seen, done',
    'probe kernel.trace("sched_switch") {',
    '  if (done++) next',
    '  comm = &$next->comm; text = kernel_string(comm); length = strlen(text)',
    '  printf("%d %.3m %.3M %10.2m|%-6.2M|\\n", length > 2, comm, comm, comm, comm)',
    '  hex = sprintf("%.*M", 3, comm); short = sprintf("%.2m", comm); seen[hex] = short',
    '  printf("%s %d %d %s\\n", hex, hex in seen, short == substr(text, 0, 2), substr(text, 0, 3))',
    '  try { printf("%.8m", 16) } catch (e) { println(e) }',
    '  try { x = sprintf("%#.8M", 32); println(x == "") } catch (e) { println(e) }',
    '  exit()',
    '}',
    'probe begin { try { printf("%m", 1) } catch (e) { println(e) } }',
  ].join('\n');
  const { stdout, stderr } = await stapkit('stapkit', ['-e', script], { timeoutMs: 20_000 });
  expect(stderr).toBe('');
  const [atBegin, plain = '', kept = '', ...faults] = stdout.split('\n');
  const text = kept.split(' ').slice(3).join(' ');
  const hex = Buffer.from(text, 'latin1').toString('hex');
  expect(atBegin).toBe('kernel read fault at 0x0000000000000001');
  expect(plain).toBe(`1 ${text} ${hex} ${text.slice(0, 2).padStart(10)}|${hex.slice(0, 4).padEnd(6)}|`);
  expect(kept).toBe(`${hex} 1 1 ${text}`);
  expect(faults).toEqual(['kernel read fault at 0x0000000000000010', 'user read fault at 0x0000000000000020', '']);
}, 30_000);

test('the quoted name of a file as key, and pretty-printed members', async () => {
  const script = 'global n; probe syscall.openat { if (pid() == target()) n[filename, argstr]++ } probe end { foreach ([f, a] in n) if (f =~ "opens-missing") printf("%s %s %d\\n", f, a, n[f, a]) }';
  const { stdout, stderr } = await stapkit('stapkit', ['-e', script, '-c', 'cat /tmp/opens-missing'], { timeoutMs: 20_000 });
  expect(stderr).toContain('No such file');
  expect(stdout).toBe('"/tmp/opens-missing" AT_FDCWD, "/tmp/opens-missing", O_RDONLY 1\n');
}, 30_000);
