/** The whole tapset against the compiler's front end: every file parses, every function and alias elaborates and lowers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { IrProgram } from '@stapkit/object';
import { DiagnosticSink } from '../diagnostics/index.js';
import { lowerProgram, optimizeProgram } from '../ir/index.js';
import { Interpreter } from '../ir/interpreter.test-support.js';
import { elaborate } from '../semantic/index.js';
import { SourceText } from '../source/index.js';
import { parseScript, type FunctionDeclaration, type PreprocessorFacts, type Script } from '../syntax/index.js';
import { createTapsetLibrary } from '../tapset/index.js';
import { runningKernel, testTarget, SYSCALLS } from './fixture.test-support.js';
import { inventedKernel } from './fixture-btf.test-support.js';
import { createProbeResolver } from './resolver.js';
import { parseSyscallTable } from './syscall-table.js';

const folder = new URL('../../../tapset/stp/', import.meta.url);
const files = readdirSync(folder).sort().map((path) => ({ path, text: readFileSync(new URL(path, folder), 'latin1') }));
const facts = (arch: string): PreprocessorFacts => ({
  kernelVersion: '6.1.0', kernelRelease: '6.1.0', arch, config: () => undefined, systemtapVersion: '5.6', runtime: 'bpf', guruMode: false, privilege: 'stapdev',
});

function messages(sink: DiagnosticSink): string[] {
  return sink.all.filter(({ severity }) => severity === 'error').map(({ message, span, notes }) => [message, ...(notes ?? []).map((note) => note.message), span === undefined ? '' : `${span.source.file}:${span.source.position(span.start).line}`].join(' | '));
}

function parse(file: { readonly path: string; readonly text: string }, arch = 'x86_64'): { readonly script: Script; readonly errors: readonly string[] } {
  const diagnostics = new DiagnosticSink();
  const library = createTapsetLibrary(files, { diagnostics, facts: facts(arch) });
  const script = parseScript(new SourceText(file.path, file.text, 'tapset'), { diagnostics, facts: facts(arch), args: [], macros: library.macros });
  return { script, errors: messages(diagnostics) };
}

interface Compiled { readonly errors: readonly string[]; readonly program: IrProgram | undefined }

function compile(text: string, options: { readonly btf?: ReturnType<typeof inventedKernel>; readonly arch?: 'x86_64' | 'aarch64' } = {}): Compiled {
  const diagnostics = new DiagnosticSink();
  const arch = options.arch ?? 'x86_64';
  const context = { diagnostics, facts: facts(arch === 'aarch64' ? 'arm64' : arch) };
  const library = createTapsetLibrary(files, context);
  const script = parseScript(new SourceText('user.stp', text), { ...context, args: [], macros: library.macros });
  const probes = createProbeResolver({ target: testTarget({ arch, btf: options.btf ?? inventedKernel() }), syscallTable: SYSCALLS });
  const program = elaborate({ scripts: [script], library, probes, diagnostics, globalOverrides: new Map(), autoPrintGlobals: true });
  if (diagnostics.hasErrors) return { errors: messages(diagnostics), program: undefined };
  const lowered = lowerProgram(program, { diagnostics });
  const optimized = optimizeProgram(lowered, { diagnostics });
  return { errors: messages(diagnostics), program: optimized };
}

const scripts = files.filter(({ path }) => path.endsWith('.stp')).map((file) => ({ path: file.path, ...parse(file) }));
// Those of refused.stp are there to say why they cannot be.
const declared = scripts.filter(({ path }) => path !== 'refused.stp').flatMap(({ path, script }) => script.declarations.filter((one): one is FunctionDeclaration => one.kind === 'function' && !one.isPrivate).map((one) => ({ path, one })));
const isMade = (path: string): boolean => /^syscall(?:s|_flags)_/.test(path);
const functions = declared.filter(({ path }) => !isMade(path));
/** One file's many functions of one form are tried together. */
const made = [...new Set(declared.map(({ path }) => path).filter(isMade))].map((path) => [path, declared.filter((one) => one.path === path).map(({ one }) => one)] as const);
const names = scripts.flatMap(({ script }) => script.declarations.flatMap((one) => (one.kind === 'alias' ? one.names.map((name) => name.map((component) => component.name).join('.')) : [])));

const syscalls = [...new Set(names.filter((name) => name.startsWith('syscall.')))];

describe('every file parses', () => {
  test.each(scripts.map(({ path, errors }) => [path, errors] as const))('%s', (_path, errors) => {
    expect(errors).toEqual([]);
  });

  test.each(files.filter(({ path }) => path.endsWith('.stp')).map((file) => [file.path, file] as const))('%s on arm64', (_path, file) => {
    expect(parse(file, 'arm64').errors).toEqual([]);
  });
});

/** A call with plausible arguments, printed when it has a result. */
function use({ name, params, result }: FunctionDeclaration, numbers: string, texts: string): string {
  const call = `${name}(${params.map((param) => (param.type === 'string' ? texts : numbers)).join(', ')})`;
  return result === undefined ? call : `println(${call})`;
}

describe('every function', () => {
  test.each(functions.map(({ path, one }) => [one.name, one.params.length, path, one] as const))('%s/%d of %s has types', (_name, _count, _path, one) => {
    expect(one.params.map(({ type }) => type)).not.toContain(undefined);
  });

  test.each(made)('those of %s work in a kernel probe and in the host', (_path, all) => {
    expect(all.length).toBeGreaterThan(2);
    expect(compile(`probe kernel.function("vfs_read").return { ${all.map((one) => use(one, '$return', '""')).join(' ')} }`).errors).toEqual([]);
    expect(compile(`probe timer.s(1) { ${all.map((one) => use(one, 'gettimeofday_s()', '""')).join(' ')} }`).errors).toEqual([]);
  });

  test('no name and number of parameters stands twice', () => {
    const names = declared.map(({ one }) => `${one.name}/${one.params.length}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

/** Aliases of other points: testing/src/tapset-aliases-compile.e2e.test.ts, against the types of four kernels. */
describe('every system call', () => {
  const body = (name: string): string => (name.endsWith('.return') ? 'printf("%s %d %s\\n", name, retval, retstr)' : 'printf("%s (%s)\\n", name, argstr)');

  test.each(['x86_64', 'aarch64'] as const)('all system calls of %s, in one script', (arch) => {
    const here = new Set([...parseSyscallTable(SYSCALLS).values()].filter(({ numbers }) => numbers[arch] !== undefined).map(({ name }) => name));
    const { errors, program } = compile(`probe syscall.* { ${body('')} } probe syscall.*.return { ${body('.return')} }`, { arch });
    expect(errors).toEqual([]);
    const probed = program?.probes.flatMap(({ attach }) => (attach.kind === 'syscall' ? [`${attach.name}${attach.return ? '.return' : ''}`] : [])).sort();
    expect(probed).toEqual([...here].flatMap((name) => [name, `${name}.return`]).sort());
  });

  test('system calls have the same names in three families', () => {
    for (const family of ['nd_', 'tp_']) expect([...new Set(names.filter((name) => name.startsWith(`${family}syscall.`)))].sort()).toEqual(syscalls.map((name) => `${family}${name}`).sort());
  });

  test.each([
    ['open', ['filename', 'filename_unquoted', 'flags', 'flags_str', 'mode']],
    ['openat', ['dfd', 'dfd_str', 'filename', 'filename_unquoted', 'flags', 'flags_str', 'mode']],
    ['read', ['fd', 'buf_uaddr', 'count']],
    ['write', ['fd', 'buf_uaddr', 'buf_str', 'count']],
    ['close', ['fd']],
    ['connect', ['sockfd', 'serv_addr_uaddr', 'addrlen', 'uaddr_af', 'uaddr_ip', 'uaddr_ip_port']],
    ['accept', ['sockfd', 'addr_uaddr', 'addrlen_uaddr']],
    ['accept4', ['sockfd', 'addr_uaddr', 'addrlen_uaddr', 'flags', 'flags_str']],
    ['execve', ['filename', 'args', 'env_str']],
    ['fstatat', ['dirfd', 'dirfd_str', 'path', 'path_unquoted', 'buf_uaddr', 'flags', 'flags_str']],
    ['mmap2', ['start', 'length', 'prot', 'prot_str', 'flags', 'flags_str', 'fd', 'pgoffset']],
    ['pipe', ['fildes_uaddr']],
    ['rt_sigaction', ['sig', 'sig_str', 'act_uaddr', 'act_str', 'oact_uaddr', 'sigsetsize']],
    ['clone', ['clone_flags', 'stack_start', 'parent_tid_uaddr', 'child_tid_uaddr']],
    ['futex', ['futex_uaddr', 'op', 'val', 'utime_uaddr', 'uaddr2_uaddr', 'val3']],
  ])('syscall.%s has its documented variables', (name, variables) => {
    expect(compile(`probe syscall.${name} { ${variables.map((one) => `println(${one})`).join(' ')} }`).errors).toEqual([]);
  });
});

describe('values', () => {
  test.each([
    ['_sys_open_flag_str(0)', 'O_RDONLY'],
    ['_sys_open_flag_str(01101)', 'O_WRONLY|O_CREAT|O_TRUNC'],
    ['_sys_open_flag_str(02000002)', 'O_RDWR|O_CLOEXEC'],
    ['_sys_open_flag_str(04010000)', 'O_RDONLY|O_SYNC'],
    ['_sys_open_flag_str(010000)', 'O_RDONLY|O_DSYNC'],
    ['_sys_open_flag_str(020200002)', 'O_RDWR|O_TMPFILE'],
    ['_sys_open_flag_str(0200000)', 'O_RDONLY|O_DIRECTORY'],
    ['_sock_flags_str(0)', '0x0'],
    ['_sock_flags_str(02004000)', 'SOCK_CLOEXEC|SOCK_NONBLOCK'],
    ['_sock_family_str(10)', 'AF_INET6'],
    ['_sock_family_str(4711)', '0x1267'],
    ['_access_mode_str(0)', 'F_OK'],
    ['_access_mode_str(5)', 'R_OK|X_OK'],
    ['_mprotect_prot_str(7)', 'PROT_READ|PROT_WRITE|PROT_EXEC'],
    ['_mmap_flags_str(0x54040022)', 'MAP_HUGE_2MB|MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB'],
    ['_clone_flags_str(0x1200011)', 'CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD'],
    ['_sched_policy_str(0x40000001)', 'SCHED_RESET_ON_FORK|SCHED_FIFO'],
    ['_sock_type_str(02004001)', 'SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK'],
    ['_sock_protocol_str(6, 2)', 'IPPROTO_TCP'],
    ['_fanotify_init_flags_str(5)', 'FAN_CLASS_CONTENT|FAN_CLOEXEC'],
    ['_ioprio_value_str(0x4004)', 'IOPRIO_CLASS_BE|4'],
    ['_timespec_str(0, 1)', 'NULL'],
    ['_sigset_str(0)', 'NULL'],
    ['_dfd_str(-100)', 'AT_FDCWD'],
    ['_dfd_str(5)', '5'],
    ['_open_mode_str(0, 0644)', ''],
    ['return_str(1, 3)', '3'],
    ['return_str(1, -5000)', '-5000'],
    ['tcp_sockstate_str(1)', 'TCP_ESTABLISHED'],
    ['str_replace("a-b-c", "-", "::")', 'a::b::c'],
    ['str_replace("aaa", "", "x")', 'aaa'],
  ])('%s', (expression, want) => {
    expect(outputOf(`print(${expression})`)).toBe(want);
  });

  test.each([
    ['ntohs(0x1234)', 0x3412n], ['htonl(0x12345678)', 0x78563412n], ['ntohll(1)', 0x0100000000000000n],
    ['strpos("hello", "l")', 2n], ['strpos("hello", "hello!")', -1n], ['strpos("hello", "")', 0n],
    ['isinstr("hello", "ell")', 1n], ['isinstr("hello", "x")', 0n], ['isdigit("7x")', 1n], ['isdigit("x7")', 0n], ['isdigit("")', 0n],
    ['MAJOR(0x800001)', 8n], ['MINOR(0x800001)', 1n], ['MKDEV(8, 1)', 0x800001n],
    ['indent_depth(1) * 100 + indent_depth(1) * 10 + indent_depth(-1)', 122n],
  ])('%s', (expression, want) => {
    expect(outputOf(`print(${expression})`)).toBe(String(want));
  });

  function outputOf(statement: string): string {
    const { errors, program } = compile(`probe begin { ${statement} }`);
    expect(errors).toEqual([]);
    return new Interpreter(program!).run().output;
  }
});

test('the kernel only reads what an open prints; the host makes the texts', () => {
  const { program } = compile('probe syscall.open { printf("%s(%d) open (%s)\\n", execname(), pid(), argstr) }');
  const made = program?.probes.flatMap(({ body }) => body.blocks.flatMap(({ instructions }) => instructions.map(({ op }) => op))) ?? [];
  expect(made.filter((op) => op === 'read-text')).toHaveLength(1);
  expect(made.filter((op) => op === 'format' || op === 'concat' || op === 'call')).toEqual([]);
});

const here = runningKernel();
if (here === undefined) process.stderr.write('functions of the tapset are not compiled: the running kernel has no type information (BTF)\n');

/** What cannot stand alone in one of the two, and why: it is refused there, or is for those who share an array with it. */
const ONLY_IN_HOST = new Set(['get_loadavg_index', 'sprint_loadavg', 'asmlinkage', 'fastcall', 'regparm']);
const NEEDS_MORE: ReadonlyMap<string, RegExp> = new Map([
  ['cve_tmpdisable', /unresolved type of (?:key 1 of )?'cve_metrics'/],
  ['raise', /it changes what a process does: give -g/],
  ['addr_from_rqst', /BTF has no type 'svc_rqst'/],
  ['__nfsd_client', /BTF has no type 'svc_rqst'/],
]);
const works = (one: FunctionDeclaration, errors: readonly string[]): void => {
  const more = NEEDS_MORE.get(one.name);
  expect(errors.filter((error) => more?.test(error) !== true)).toEqual([]);
};

(here === undefined ? describe.skip : describe)('the running kernel', () => {
  test.each(functions.filter(({ one }) => !ONLY_IN_HOST.has(one.name)).map(({ path, one }) => [one.name, one.params.length, path, one] as const))('has what %s/%d of %s reads in a kernel probe', (_name, _count, _path, one) => {
    // register numbers and sizes are constants in any script.
    const numbers = one.name.endsWith('_arg') ? '1' : '$return';
    works(one, compile(`probe kernel.function("vfs_read").return { ${use(one, numbers, 'execname()')} }`, { btf: here! }).errors);
  });

  test.each(functions.filter(({ path }) => path !== 'registers.stp').filter(({ one }) => one.name !== 'returnstr').map(({ path, one }) => [one.name, one.params.length, path, one] as const))('has what %s/%d of %s reads in the host', (_name, _count, _path, one) => {
    works(one, compile(`probe timer.s(1) { ${use(one, 'gettimeofday_s()', 'ctime()')} }`, { btf: here! }).errors);
  });
});

test('the generated files are what the tables say', () => {
  expect(() => execFileSync(process.execPath, [fileURLToPath(new URL('../scripts/generate-syscalls.mjs', folder)), '--check'])).not.toThrow();
});
