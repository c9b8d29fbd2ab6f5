/** Members of what script variables point to: the type travels with the value. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';

/** Name, declarations, statements in a handler of sched_switch, what they print. */
const CASES: [name: string, declarations: string, statements: string, expected: string][] = [
  ['a local', '', 'p = $next; printf("%d", p->pid == $next->pid)', '1'],
  ['a function of the tapset', '', 't = task_current(); printf("%d%d", t->pid == tid(), task_current()->tgid == pid())', '11'],
  ['a result', 'function as_task(x) { return @cast(x, "task_struct") }', 'printf("%d", as_task($next)->pid == $next->pid)', '1'],
  ['a parameter, through two functions', 'function inner(p) { return p->pid } function outer(q) { r = q; return inner(r) }', 'printf("%d%d", outer($next) == $next->pid, outer($prev) == $prev->pid)', '11'],
  ['a recursive function', 'function up(p, n) { return n ? up(p->real_parent, n - 1) : p->pid }', 'printf("%d", up($prev, 1) == $prev->real_parent->pid)', '1'],
  ['a global', 'global last', 'last = $next; printf("%d", last->pid == $next->pid)', '1'],
  ['elements and keys', 'global by, seen', 'by["x"] = $next; seen[$prev, 1] = 2; printf("%d", by["x"]->pid == $next->pid); foreach ([k, n] in seen) printf("%d", k->pid == $prev->pid); foreach (v = k2 in by) printf("%d", v->pid == $next->pid)', '111'],
  ['a member that is a pointer', '', 'p = $next->real_parent; q = p->group_leader; printf("%d", q->pid == $next->real_parent->group_leader->pid)', '1'],
  ['one of two values', '', 'p = $prev->pid ? $prev : $next; printf("%d%d", p->pid == ($prev->pid ? $prev->pid : $next->pid), ($prev->pid ? $prev : $next)->pid == p->pid)', '11'],
  ['assignments as values, and of 0', '', 'p = 0; q = p = $next; printf("%d%d", p->pid == $next->pid, (p = q)->tgid == $next->tgid)', '11'],
  ['indexes and addresses', '', 'text = $next->comm; printf("%d%d", (text)[0] == $next->comm[0], &$next->comm[1] == &(text)[1])', '11'],
  ['pretty printing', '', 'p = @cast(0, "task_struct"); print(p->comm$)', '""'],
  ['@defined', '', 'p = $next; printf("%d%d", @defined(p->pid), @defined(p->nothing))', '10'],
  ['through @choose_defined', '', 'p = $next; printf("%d", @choose_defined(p->nothing, p->pid) == $next->pid)', '1'],
];

describe('in a kernel handler', () => {
  let parts: string[] = [];
  beforeAll(async () => {
    const declarations = CASES.map(([, one]) => one).join('\n');
    const script = `global done ${declarations} probe kernel.trace("sched_switch") { if (done++) next; ${CASES.map(([, , one]) => `${one}; print("\\001");`).join(' ')} exit() }`;
    const { stdout, stderr } = await stapkit('stapkit', ['-w', '-e', script], { timeoutMs: 60_000 });
    if (stderr !== '') throw new Error(stderr);
    parts = stdout.split('\u0001');
  }, 70_000);

  test.each(CASES.map(([name, , , expected], index): [string, number, string] => [name, index, expected]))('%s', (_name, index, expected) => {
    expect(parts[index]).toBe(expected);
  });
});

test.each([
  ['nothing is known', 'probe kernel.trace("sched_switch") { n = 5; println(n->x) }', ["E0410: it is not known what 'n' points to", 'hint: say it: @cast(n, "struct NAME", "kernel")->MEMBER']],
  ['no such member', 'probe kernel.trace("sched_switch") { p = $next; println(p->pidd) }', ["E0410: 'struct task_struct' has no member 'pidd'", 'pid']],
  ['two assignments disagree', 'probe kernel.trace("sched_switch") { p = $next; p = $next->mm; println(p->pid) }',
    ["E0415: it is not known what 'p' points to: its sources disagree", "<input>:1:38: note: 'struct task_struct*' comes in here", "<input>:1:49: note: 'struct mm_struct*' comes in here"]],
  ['two calls disagree', 'function f(p) { return p->pid } probe kernel.trace("sched_switch") { println(f($next), f($next->mm)) }', ["E0415: it is not known what 'p' points to", "'struct task_struct*' comes in here", "'struct mm_struct*' comes in here"]],
])('%s: an error', async (_name, script, messages) => {
  const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', script]);
  for (const message of messages) expect(stderr).toContain(message);
  expect(status).toBe(1);
}, 20_000);

test('--skip-badvars takes an unknown member for 0', async () => {
  const { stdout } = await stapkit('stapkit', ['-w', '--skip-badvars', '-e', 'global n probe kernel.trace("sched_switch") { if (n++) next; p = $next; printf("%d", p->pidd); exit() }']);
  expect(stdout).toBe('0');
}, 20_000);

test('a global that points to something is printed as an address', async () => {
  const { stdout } = await stapkit('stapkit', ['-e', 'global where, n probe kernel.trace("sched_switch") { where = $next; n = 7; exit() }']);
  expect(stdout).toMatch(/^where=0xffff[0-9a-f]{12}\nn=7\n$/);
}, 20_000);
