/**
 * Target variables and the operators on them (reference 2.6; man stapprobes, DWARF PROBES; langref 4.2): each row is a statement
 * at the entry or at the return of a function of a program, at a tracepoint, or anywhere.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';

const SOURCE = `
enum color { RED, GREEN = 5, BLUE };
struct inner { int a; char name[8]; };
struct node { int id; unsigned char small; unsigned bits : 3; struct node *next; struct inner in; long values[3]; enum color shade; const char *text; };
int counter = 7;
struct node second = { .id = 6, .in = { -4, "in2" } };
struct node first = { 5, 250, 6, &second, { 3, "abc" }, { 10, -20, 30 }, GREEN, "a\\"b" };
__attribute__((noinline)) long work(struct node *n, int i, const char *text) { long local = n->values[i] + i; counter++; n->id += 100; n = 0; i = 9; return local + (n == 0) + (text == 0); }
__attribute__((noinline)) void nothing(int i) { counter += i; }
int main(void) { const char *text = "hey"; volatile char touched = text[0] + first.text[0]; nothing(2); return work(&first, 1, text) == touched; }
`;

/** Construct; where stap's manual says what it does; statements; what they print. */
type Row = readonly [construct: string, source: string, statements: string, expected: string];
const MAN = 'man stapprobes, DWARF PROBES';

/** The DWARF number of the register that a function's first argument comes in: rdi, x0. */
const FIRST_ARGUMENT = process.arch === 'arm64' ? 0 : 5;
const STACK_POINTER = process.arch === 'arm64' ? 31 : 7;

const AT_ENTRY: readonly Row[] = [
  ['$var', MAN, 'printf("%d %s", $i, user_string($text))', '1 hey'],
  ['$var->field', MAN, 'printf("%d %d %d", $n->id, $n->small, $n->next->id)', '5 250 6'],
  ['-> for . as well', 'langref 4.2', 'printf("%d %d", $n->in->a, $n->next->in->a)', '3 -4'],
  ['bit-fields', MAN, 'printf("%d", $n->bits)', '6'],
  ['$var[index]', MAN, 'j = 2; printf("%d %d %d", $n->values[1], $n->values[$i - 1], $n->values[j])', '-20 10 30'],
  ['[index] of a pointer', MAN, 'printf("%c%c", $text[0], $n[0]->in->name[1])', 'hb'],
  ['&$var', MAN, 'printf("%d %d %d", &$n->values[1] - &$n->values[0], &$n->id == $n, &$n->in - $n)', '8 1 16'],
  ['a value of C is widened to 64 bits', 'langref 4.2', 'printf("%d %u", $n->in->a - 4, $n->next->in->a)', '-1 18446744073709551612'],
  ['$var$', `${MAN}, pretty printing`, 'print($n->in$, " ", $i$, " ", $n->values$)', '{.a=3, .name="abc"} 1 [10, -20, 30]'],
  ['$var$ of one level', `${MAN}, pretty printing`, 's = $n$; print(substr(s, 0, 36), isinstr(s, ".in={...}, .values=[...]"))', "{.id=5, .small='\\372', .bits=6, .nex1"],
  ['$var$$ goes on', `${MAN}, pretty printing`, 's = $n$$; print(isinstr(s, ".in={.a=3, .name=\\"abc\\"}, .values=[10, -20, 30]"))', '1'],
  ['$text$ is quoted', `${MAN}, pretty printing`, 'print($text$, " ", $n->text$)', '"hey" "a\\"b"'],
  ['$$parms', MAN, 's = $$parms; print(substr(s, 0, 4), isinstr(s, " i=0x1 text=0x"), isinstr(s, "local"))', 'n=0x10'],
  ['$$parms$', MAN, 's = $$parms$; print(isinstr(s, "n={.id=5"), isinstr(s, " i=1 text=\\"hey\\""))', '11'],
  ['$$vars', MAN, 's = $$vars; print(isinstr(s, "i=0x1"), isinstr(s, "local="))', '11'],
  ['$$locals', MAN, 's = $$locals; print(substr(s, 0, 6), isinstr(s, "text"))', 'local=0'],
  ['@defined', 'langref 5.8.2', 'print(@defined($i), @defined($zzz), @defined(&$n->in), @defined($n->in), @defined($n->zzz), @defined($return))', '101000'],
  ['@cast', 'man stap, CAST', 'print(@cast($n, "struct node")->id, @cast($n, "node")->next->id, " ", @cast(&$n->in, "struct inner")->a)', '56 3'],
  ['@cast with a module', 'man stap, CAST', 'print(@cast($n, "struct node", "@PROGRAM@")->values[0])', '10'],
  ['@cast with a pointer type, and an index', 'man stap, CAST', 'print(@cast(&$n->values, "long")[2])', '30'],
  ['&@cast', 'man stap, CAST', 'print(&@cast(0, "struct node")->values, " ", &@cast($n, "struct node") == $n, " ", &@cast(0, "struct node")[1])', '32 1 72'],
  ['-> of any expression', 'reference 2.2, since 2.6', 'p = $n; q = p->next; print(q->id, (p)->in->a)', '63'],
  ['@var', MAN, 'print(@var("counter"), @var("first")->next->id, @var("second")->in->a)', '96-4'],
  ['@var with a module', MAN, 'print(@var("counter", "@PROGRAM@"), @var("first", "@PROGRAM@")->small)', '9250'],
  ['&@var', MAN, 'print(&@var("first") == $n)', '1'],
  ['@uderef', 'reference 2.6', 'print(@uderef(4, $n), " ", @uderef(1, $n + 4), " ", @uderef(8, &$n->values[0]))', '5 250 10'],
  ['@choose_defined', 'reference 2.6', 'print(@choose_defined($zzz, $i), @choose_defined($i, $zzz))', '11'],
  ['@container_of, @offsetof and their kin', 'reference 2.6', 'print(@module_offsetof("@PROGRAM@", "struct node", in), @module_container_of(&$n->in, "@PROGRAM@", "struct node", in)->id, @module_type_defined("@PROGRAM@", "struct node"), @module_type_member_defined("@PROGRAM@", "struct node", zzz))', '16510'],
  ['@uregister', 'reference 2.6; the DWARF numbers of this machine', `print(@uregister(${FIRST_ARGUMENT}) == $n, @uregister(${FIRST_ARGUMENT}) == pointer_arg(1))`, '11'],
  ['@perf', 'man stapprobes, PERF: a counter of the CPU', 'before = @perf("spent"); for (j = 0; j < 50; j++) touched += j; after = @perf("spent"); print(before > 0, after > before, " ", touched)', '11 1225'],
  ['memory that cannot be read', 'langref 5.2', 'try { print(@cast(8, "struct node")->id) } catch (e) { print(substr(e, 0, 15)) }', 'user read fault'],
];

const AT_RETURN: readonly Row[] = [
  ['$return', MAN, 'print($return)', '-18'],
  ['$$return', MAN, 'print($$return)', 'return=0xffffffffffffffee'],
  ['@entry', MAN, 'print(@entry($n->values[1]), @entry($i), @entry($n->id), @entry(@var("counter")))', '-20159'],
  ['parameters are those of the entry', MAN, 'print($i, " ", user_string($text))', '1 hey'],
  ['@defined($return)', 'langref 5.8.2', 'print(@defined($return))', '1'],
];

const AT_TRACEPOINT: readonly Row[] = [
  ['$$name, $$system', 'man stapprobes, KERNEL TRACEPOINTS', 'print($$name, " of ", $$system)', 'sched_switch of sched'],
  ['$$vars and $$parms of a tracepoint', 'man stapprobes, KERNEL TRACEPOINTS', 's = $$parms; print(isinstr(s, " prev=0x"), isinstr(s, " next=0x"), s == $$vars)', '111'],
  ['@kderef', 'reference 2.6', 'print(@kderef(4, &$next->pid) == $next->pid, @kderef(8, &$next->mm) == $next->mm)', '11'],
  ['text of the kernel', MAN, 'print($next->comm$ == sprintf("\\"%s\\"", kernel_string(&$next->comm)))', '1'],
  ['@cast', 'man stap, CAST', 'print(@cast($next, "task_struct")->pid == $next->pid, @task($next)->tgid == $next->tgid, @cast($next, "task_struct", "kernel<linux/sched.h>")->pid == $next->pid)', '111'],
  ['@container_of', 'reference 2.6', 'print(@container_of(&$next->tasks, "struct task_struct", tasks)->pid == $next->pid)', '1'],
  ['a fault', 'langref 5.2', 'try { print(@cast(8, "task_struct")->pid) } catch (e) { print(substr(e, 0, 17)) }', 'kernel read fault'],
];

const WITH_REGISTERS: readonly Row[] = [
  ['@kregister', 'reference 2.6: of the interrupted code', `print(@kregister(${STACK_POINTER}) != 0, @kregister(${STACK_POINTER}) == register("${STACK_POINTER === 7 ? 'rsp' : 'sp'}"))`, '11'],
];

const ANYWHERE: readonly Row[] = [
  ['@enum', 'reference 2.6, since 5.5', 'print(@enum("BPF_MAP_TYPE_ARRAY"))', '2'],
  ['@enumname', 'reference 2.6, since 5.6', 'print(@enumname(one + 1, "bpf_map_type"), @enumname(one, "enum bpf_map_type"))', 'BPF_MAP_TYPE_ARRAYBPF_MAP_TYPE_HASH'],
  ['@const', 'reference 2.6', 'print(@const("0x10"), " ", @const("BPF_MAP_TYPE_HASH"), " ", @const("MAXSTRINGLEN"))', '16 1 512'],
  ['@cast_sizeof, @offsetof', 'reference 2.6', 'print(@cast_sizeof("struct list_head"), @offsetof("struct list_head", prev), @type_defined("struct list_head"), @type_defined("struct zzz"), @type_member_defined("struct list_head", next))', '168101'],
];

let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-targets-'));
  program = join(folder, 'nodes');
  writeFileSync(join(folder, 'nodes.c'), SOURCE);
  execFileSync('gcc', ['-g', '-O0', '-no-pie', '-o', program, join(folder, 'nodes.c')]);
});
afterAll(() => { rmSync(folder, { recursive: true }); });

describe.each<[string, readonly Row[], (body: string) => string]>([
  ['at the entry of a function', AT_ENTRY, (body) => `probe perf.sw.cpu_clock.counter("spent") { } global touched probe process("@PROGRAM@").function("work") { if (once++ == 0) { ${body} } }`],
  ['at its return', AT_RETURN, (body) => `probe process("@PROGRAM@").function("work").return { ${body} once++ }`],
  ['at a tracepoint', AT_TRACEPOINT, (body) => `probe kernel.trace("sched:sched_switch") { if (once++ == 0) { ${body} } }`],
  ['where a timer interrupts', WITH_REGISTERS, (body) => `probe timer.profile { if (once++ == 0) { ${body} } }`],
  ['anywhere: in a kernel handler', ANYWHERE, (body) => `probe kernel.trace("sched_switch") { if (once++ == 0) { ${body} } }`],
  ['anywhere: in this process', ANYWHERE, (body) => `probe begin { once++; ${body} }`],
])('%s', (_where, rows, probe) => {
  let parts: string[] = [];
  beforeAll(async () => {
    const body = rows.map(([, , statements]) => `${statements}; print("\\001");`).join('\n');
    const script = `global once, one probe begin(-1) { one = 1 } ${probe(body)}`.replaceAll('@PROGRAM@', program);
    const { stdout, stderr } = await stapkit('stapkit', ['-w', '--no-global-var-display', '-e', script, '-c', `sh -c "${program}; sleep 0.1"`], { timeoutMs: 60_000 });
    if (stderr !== '') throw new Error(stderr);
    parts = stdout.split('\u0001');
  }, 70_000);

  test.each(rows.map(([construct, source, statements, expected], index) => ({ name: `${construct} [${source}] ${statements}`, index, expected })))('$name', ({ index, expected }) => {
    expect(parts[index]).toBe(expected);
  });
});

test.each([
  ['$$system of a tracepoint by its name alone', 'probe kernel.trace("sched_switch") { println($$system) }', "has no '$$system'"],
  ['$return of a function without a result', 'probe process("@PROGRAM@").function("nothing").return { println($return) }', "'$return' is not available"],
  ['$return at the entry', 'probe process("@PROGRAM@").function("work") { println($return) }', "'$return' is not available"],
  ['@entry at the entry', 'probe process("@PROGRAM@").function("work") { println(@entry($i)) }', '@entry'],
  ['a write to a target variable', 'probe process("@PROGRAM@").function("work") { $i = 2 }', 'BPF programs only read what they probe'],
  ['an unknown @operator', 'probe begin { println(@nothing(1)) }', '@nothing'],
])('refused: %s', async (_what, script, message) => {
  const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', script.replaceAll('@PROGRAM@', program)]);
  expect(stderr).toContain(message);
  expect(status).toBe(1);
});
