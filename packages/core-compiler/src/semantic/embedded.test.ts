/** Embedded C is parsed, and refused with the name of its function and what the script language has instead. */
import { expect, test } from '@jest/globals';
import { run } from './elaborate.test-support.js';

test.each([
  ['function f:long() %{ STAP_RETVALUE = current->tgid; %} probe begin { println(f()) }', "1:10 function 'f' has an embedded C body, which cannot be translated to BPF", 'pid() gives the process id'],
  ['function f:string() %{ strlcpy(STAP_RETVALUE, current->comm, MAXSTRINGLEN); %} probe begin { println(f()) }', "1:10 function 'f' has an embedded C body, which cannot be translated to BPF", 'execname() gives the name of the process'],
  ['function f:long(p:long) %{ STAP_RETVALUE = kread(&((struct file *)STAP_ARG_p)->f_flags); %} probe begin { println(f(1)) }', "1:10 function 'f' has an embedded C body, which cannot be translated to BPF", 'kernel_long(ADDRESS) and its like, or @cast(ADDRESS, "TYPE")->MEMBER, read memory'],
  ['function f() %{ STAP_PRINTF("hi"); %} probe begin { f() }', "1:10 function 'f' has an embedded C body, which cannot be translated to BPF", 'printf(...) prints'],
  ['function f() %{ STAP_ERROR("no"); %} probe begin { f() }', "1:10 function 'f' has an embedded C body, which cannot be translated to BPF", 'error(...) raises an error'],
  ['function f() %{ mutex_lock(&m); %} probe begin { f() }', "1:10 function 'f' has an embedded C body, which cannot be translated to BPF", 'write it in the script language'],
  ['function pid() %{ current->pid %} probe begin { println(pid()) }', "1:10 function 'pid' has an embedded C body, which cannot be translated to BPF", "the library has a function 'pid': remove this one"],
  ['function f() { return %{ smp_processor_id() %} } probe begin { println(f()) }', "1:23 embedded C in function 'f' cannot be translated to BPF", 'cpu() gives the processor'],
  ['probe begin { println(%{ O_CREAT %}) }', '1:23 embedded C cannot be translated to BPF', '@const("NAME") gives numbers, and enumerators that the kernel\'s type information has'],
  ['probe begin { println(%{ /* string */ "two" %}) }', '1:23 embedded C cannot be translated to BPF', 'write it in the script language'],
  ['%{\n#include <linux/fs.h>\n%} probe begin { println(1) }', '1:1 embedded C cannot be translated to BPF', 'leave it out: types come from the type information of the kernel and of programs'],
])('%s', (script, message, hint) => {
  const [first] = run(script).diagnostics;
  const { line = 0, column = 0 } = first?.span?.source.position(first.span.start) ?? {};
  expect([first?.code, `${line}:${column} ${first?.message ?? ''}`, first?.hints?.[0]]).toEqual(['E0318', message, hint]);
});

test('what nothing calls is no mistake', () => {
  expect(run('function f() %{ anything %} probe begin { println(1) }').codes).toEqual([]);
});

test("a -I library's own embedded C is not taken for ours", () => {
  const { diagnostics } = run('probe begin { println(theirs()) }', { library: [{ path: 'own.stp', text: 'function theirs:long() %{ return 1; %}', isUsers: true }] });
  expect(diagnostics[0]).toMatchObject({ code: 'E0318', hints: ['write it in the script language'] });
});
