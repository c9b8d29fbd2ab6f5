import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ElfFile, Kallsyms } from '@stapkit/debuginfo';
import { expand, resolver, span, SYSCALLS, testTarget } from './fixture.test-support.js';
import { inventedKernel } from './fixture-btf.test-support.js';
import { createProbeResolver } from './resolver.js';
import { parseSyscallTable } from './syscall-table.js';

const btf = inventedKernel();
const by = resolver({ btf, tracepointSystem: (name) => (name.startsWith('sched_') ? 'sched' : undefined), tracepoints: () => ['sched:sched_switch', 'sched:sched_wakeup', 'sock:inet_sock_set_state'] });

describe('points in the host', () => {
  test.each([
    ['begin', { kind: 'begin', priority: 0 }],
    ['begin(-5)', { kind: 'begin', priority: -5 }],
    ['end(1)', { kind: 'end', priority: 1 }],
    ['error', { kind: 'error', priority: 0 }],
    ['never', { kind: 'never' }],
    ['timer.s(2)', { kind: 'timer', intervalNs: 2_000_000_000n, randomizeNs: 0n }],
    ['timer.sec(1)', { kind: 'timer', intervalNs: 1_000_000_000n, randomizeNs: 0n }],
    ['timer.ms(100).randomize(20)', { kind: 'timer', intervalNs: 100_000_000n, randomizeNs: 20_000_000n }],
    ['timer.us(7)', { kind: 'timer', intervalNs: 7000n, randomizeNs: 0n }],
    ['timer.nsec(7)', { kind: 'timer', intervalNs: 7n, randomizeNs: 0n }],
    ['timer.hz(4)', { kind: 'timer', intervalNs: 250_000_000n, randomizeNs: 0n }],
    ['timer.jiffies(3)', { kind: 'timer', intervalNs: 12_000_000n, randomizeNs: 0n }],
  ])('%s', (text, attach) => {
    const { points, problems } = expand(text, by);
    expect(problems).toEqual([]);
    expect(points).toMatchObject([{ name: text, where: 'host', isReturn: false, attach }]);
  });
});

describe('points in the kernel', () => {
  test.each([
    ['timer.profile', { kind: 'profile' }],
    ['perf.type(1).config(2)', { kind: 'perf-event', type: 1, config: 2n, period: 1_000_000 }],
    ['perf.type(0).config(-1).hz(99)', { kind: 'perf-event', type: 0, config: 0xffff_ffff_ffff_ffffn, frequencyHz: 99 }],
    ['perf.type(1).config(2).sample(7)', { kind: 'perf-event', type: 1, config: 2n, period: 7 }],
    ['kernel.data("jiffies").write', { kind: 'data', access: 'write', bytes: 1, symbol: 'jiffies' }],
    ['kernel.data(-8).length(3).rw', { kind: 'data', access: 'rw', bytes: 4, address: 0xffff_ffff_ffff_fff8n }],
    ['timer.profile.tick', { kind: 'profile' }],
    ['timer.profile.freq.hz(99)', { kind: 'profile', frequencyHz: 99 }],
    ['kernel.function("vfs_read")', { kind: 'function', symbol: 'vfs_read', return: false, arguments: 4 }],
    ['kernel.function("vfs_read").return', { kind: 'function', symbol: 'vfs_read', return: true, arguments: 4 }],
    ['kernel.function("take_pair")', { kind: 'function', symbol: 'take_pair', return: false, arguments: 3 }],
    ['kprobe.function("vfs_read")', { kind: 'function', symbol: 'vfs_read', return: false, arguments: 4 }],
    ['kprobe.function("in_no_btf").return', { kind: 'function', symbol: 'in_no_btf', return: true, arguments: 6 }],
    ['kernel.trace("sched:sched_switch")', { kind: 'tracepoint', system: 'sched', name: 'sched_switch', arguments: 3 }],
    ['kernel.syscall("openat")', { kind: 'syscall', nr: 257, name: 'openat', return: false }],
    ['kernel.syscall("openat").return', { kind: 'syscall', nr: 257, name: 'openat', return: true }],
  ])('%s', (text, attach) => {
    const { points, problems } = expand(text, by);
    expect(problems).toEqual([]);
    expect(points).toMatchObject([{ name: text, where: 'kernel', isReturn: text.endsWith('.return'), attach }]);
  });

  test('.maxactive of a system call is taken, and said to have no effect', () => {
    const { points, problems } = expand('kernel.syscall("openat").return.maxactive(10)', by);
    expect(problems).toEqual([expect.stringContaining('W0421')]);
    expect(points).toMatchObject([{ name: 'kernel.syscall("openat").return' }]);
    expect(expand('kernel.syscall("openat").maxactive(10)', by).problems).toEqual([expect.stringMatching(/^E0420 'kernel\.syscall\("openat"\)' has no 'maxactive'/)]);
    expect(expand('kernel.syscall("openat").return.maxactive', by).problems).toEqual([expect.stringMatching(/^E0421/)]);
  });

  test('a wildcard of modules is each of those that have the function', () => {
    const modules = resolver({ btf, moduleNames: () => ['ext4', 'nf_nat', 'nf_tables', 'other'], moduleBtf: (name) => (name === 'other' ? undefined : btf) });
    const names = (text: string): readonly string[] => expand(text, modules).points.map(({ name }) => name);
    expect(names('kprobe.module("nf_*").function("f")')).toEqual(['kprobe.module("nf_nat").function("f")', 'kprobe.module("nf_tables").function("f")']);
    expect(names('kprobe.module("nf-*").function("f").return')).toHaveLength(2);
    expect(expand('module("x*").function("f")', modules).problems).toEqual(["E0452 no module matches 'x*'"]);
    expect(expand('module("nf_*").function("f")', modules).problems).toEqual([expect.stringMatching(/^E0452 none of the 2 modules that match 'nf_\*' has such a place; of 'nf_nat': no function 'f' in/)]);
    expect(expand('module("o*").function("f")', modules).problems).toEqual([expect.stringMatching(/^E0430 no type information for module 'other'/)]);
  });

  test('where the subsystems of tracepoints cannot be read, that is said', () => {
    expect(expand('kernel.trace("sched:*")', resolver({ btf })).problems).toEqual([expect.stringMatching(/^E0432 it is not known which tracepoints match 'sched:\*': their subsystems stand in tracefs/)]);
    expect(expand('kernel.trace("nope*")', resolver({ btf })).problems).toEqual(["E0432 no tracepoint matches 'nope*'"]);
  });

  test('a source file is looked for in the table', () => {
    const at = (release: string, text: string): ReturnType<typeof expand> => {
      const table = createProbeResolver({ target: testTarget({ btf, kernelRelease: release }), syscallTable: SYSCALLS, kernelSources: () => 'kernels\t6.1.0-56-amd64\nfs/read_write.c\n\tvfs_read\n\tvfs_write\nfs/other.c\n\tvfs_write\n' });
      return expand(`kernel.function("${text}")`, table);
    };
    expect(at('6.1.0', 'vfs_read@fs/read_write.c')).toMatchObject({ points: [{ name: 'kernel.function("vfs_read@fs/read_write.c")' }], problems: [] });
    expect(at('6.1.0', 'vfs_read@fs/other.c').problems).toEqual([expect.stringMatching(/^W0420 .*, and in the table of kernel 6\.1\.0-56-amd64 the function is in fs\/read_write\.c$/)]);
    expect(at('6.1.0-56-amd64', 'vfs_read@fs/other.c')).toMatchObject({ points: [], problems: ["E0461 no function matches 'vfs_read@fs/other.c' in the kernel: it is in fs/read_write.c"] });
    expect(at('6.1.0', 'vfs_write@fs/other.c').problems).toEqual([expect.stringMatching(/^W0422 .*'vfs_write'.*the kernel's choice$/)]);
  });

  test.each([
    ['kernel.function("vfs_read").call', ['kernel.function("vfs_read")']],
    ['kernel.function("vfs_r*")', ['kernel.function("vfs_read")', 'kernel.function("vfs_readv")']],
    ['kernel.function("vfs_r*").return', ['kernel.function("vfs_read").return', 'kernel.function("vfs_readv").return']],
    ['kernel.trace("sched_switch")', ['kernel.trace("sched:sched_switch")']],
    ['kernel.trace("sched_*")', ['kernel.trace("sched:sched_switch")', 'kernel.trace("sched:sched_wakeup")']],
    ['kernel.trace("sock:*")', ['kernel.trace("sock:inet_sock_set_state")']],
    ['kernel.trace("s*d:sched_w?keup")', ['kernel.trace("sched:sched_wakeup")']],
    ['kprobe.function("vfs_r*")', ['kprobe.function("vfs_read")', 'kprobe.function("vfs_readv")']],
    ['kernel.syscall("accept*")', ['kernel.syscall("accept")', 'kernel.syscall("accept4")']],
  ])('%s is named in full', (text, names) => {
    expect(expand(text, by).points.map(({ name }) => name)).toEqual(names);
  });
});

describe('mistakes', () => {
  test.each([
    ['kernel.function("vfs_raed")', "E0426 no function 'vfs_raed' in the kernel's type information (BTF): it may be inlined everywhere, may not exist in this kernel, or may be in a module", /'vfs_read'/],
    ['kernel.function("x*")', "E0427 no function of the kernel matches 'x*'", undefined],
    ['kernel.function("*@fs/open.c")', "E0466 'kernel.function(\"*@fs/open.c\")' needs debug information (DWARF): no DWARF of the kernel is to be had here", /install the debug package of this kernel .*kernel.function\("NAME"\)/],
    ['module("ext4").function("x").inline', "E0466 'module(\"ext4\").function(\"x\").inline' needs debug information (DWARF): no DWARF of module ext4 is to be had here", /by its name alone: module\("NAME"\).function\("NAME"\)/],
    ['kernel.function("vfs_read").inline', "E0466 'kernel.function(\"vfs_read\").inline' needs debug information (DWARF): no DWARF of the kernel is to be had here", undefined],
    ['kernel.function("vfs_read").retrun', "E0420 'kernel.function(\"vfs_read\")' has no 'retrun'", /'return'/],
    ['kernel.function', "E0421 'function' takes a text in quotes, found no argument", undefined],
    ['kernel.function(4096)', "E0438 function '0x1000' cannot be probed: the addresses of that kernel are not known here: it does not run on this machine, or /proc/kallsyms cannot be read", undefined],
    ['kernel.statement(4096)', "E0438 function '0x1000' cannot be probed: the addresses of that kernel are not known here: it does not run on this machine, or /proc/kallsyms cannot be read", undefined],
    ['kprobe.statement(4096)', "E0422 'kprobe.statement(4096)' is not a whole probe point: .absolute must follow", undefined],
    ['kprobe.statement("x").absolute', "E0421 'statement' takes a number, found \"x\"", undefined],
    ['kprobe.module("m").statement(1)', "E0420 'kprobe.module(\"m\")' has no 'statement'", undefined],
    ['kprobe.module("m")', "E0422 'kprobe.module(\"m\")' is not a whole probe point: .function(\"NAME\") must follow", undefined],
    ['kernel.functon("x")', "E0420 'kernel' has no 'functon'", /'function'/],
    ['kernel.trace("sched_swich")', "E0431 no tracepoint 'sched_swich' in this kernel", /'sched_switch'/],
    ['kernel.trace("irq:sched_switch")', "E0431 no tracepoint 'irq:sched_switch' in this kernel", /'sched:sched_switch'/],
    ['kernel.trace("syscalls:sys_exit_openat")', "E0431 no tracepoint 'syscalls:sys_exit_openat' in this kernel", /syscall\.openat\.return/],
    ['kernel.trace("nope*")', "E0432 no tracepoint matches 'nope*'", undefined],
    ['kernel.trace("nope:*")', "E0432 no tracepoint matches 'nope:*'", undefined],
    ['kernel.syscall("openatt")', "E0433 x86_64 has no system call 'openatt'", /'openat'/],
    ['kernel.syscall("nope*")', "E0440 no system call of x86_64 matches 'nope*'", undefined],
    ['module("ext4").function("x")', "E0430 no type information for module 'ext4': there is no BTF of it (/sys/kernel/btf/ext4), and no DWARF of module ext4 is to be had here", /load the module/],
    ['timer.s(0)', "E0423 's' takes a number from 1", undefined],
    ['timer.s', "E0421 's' takes a number, found no argument", undefined],
    ['timer.ms("5")', "E0421 'ms' takes a number, found \"5\"", undefined],
    ['timer.mss(5)', "E0420 'timer' has no 'mss'", /'ms'/],
    ['timer.ms(5).randomize(6)', "E0423 'randomize' takes a number from 0 to the timer's own, 5", undefined],
    ['timer.hz(5).randomize(1)', "E0420 'timer.hz(5)' has no 'randomize'", undefined],
    ['timer', "E0422 'timer' is not a whole probe point: .s(N), .ms(N) or .profile must follow", undefined],
    ['timer.profile.freq.hz(0)', "E0423 'hz' takes a number from 1 to 100000", undefined],
    ['perf', "E0422 'perf' is not a whole probe point: .type(N).config(M) must follow", undefined],
    ['perf.type(1)', "E0422 'perf.type(1)' is not a whole probe point: .config(M) must follow", undefined],
    ['perf.typ(1)', "E0420 'perf' has no 'typ'", /'type'/],
    ['perf.type(-1).config(0)', "E0423 'type' takes a number from 0 to 4294967295", undefined],
    ['perf.type(1).config("x")', "E0421 'config' takes a number, found \"x\"", undefined],
    ['perf.type(1).config(0).hz(0)', "E0423 'hz' takes a number from 1 to 100000", undefined],
    ['perf.type(1).config(0).sample', "E0421 'sample' takes a number, found no argument", undefined],
    ['perf.type(1).config(0).counter(1)', "E0421 'counter' takes a text in quotes, found 1", undefined],
    ['perf.type(1).config(0).counter("a").hz(9)', "E0447 '.hz' is one too many: of .sample, .hz and .counter there can be one, and one .process", undefined],
    ['perf.type(1).config(0).samples(9)', "E0420 'perf.type(1).config(0)' has no 'samples'", /'sample'/],
    ['perf.type(1).config(0).process("/none")', "E0435 cannot find the program '/none'", /check the path/],
    ['kernel.data.write', "E0421 'data' takes an address or the name of a symbol in quotes, found no argument", undefined],
    ['kernel.data("x")', "E0422 'kernel.data(\"x\")' is not a whole probe point: .write or .rw must follow", undefined],
    ['kernel.data(4096).read', "E0420 'kernel.data(4096)' has no 'read'", undefined],
    ['kernel.data(4096).length(16).rw', "E0423 'length' takes a number of bytes from 1 to 8", undefined],
    ['kernel.data(4097).length(4).rw', "E0423 'data' takes an address that is a multiple of the length, 4: the processor watches aligned data", undefined],
    ['kernel.data(4096).write.rw', "E0420 'kernel.data(4096)' has no 'rw'", undefined],
    ['procfs("x")', "E0422 'procfs(\"x\")' is not a whole probe point: .read or .write must follow", undefined],
    ['procfs("../x").read', "E0451 'procfs' takes a path within the session's folder: it has an empty part, . or ..", undefined],
    ['procfs("x").umask(1000).read', "E0423 'umask' takes permissions from 0 to 0777", undefined],
    ['procfs("x").red', "E0420 'procfs(\"x\")' has no 'red'", /'read'/],
    ['begin("x")', "E0421 'begin' takes a number, found \"x\"", undefined],
    ['begin.return', "E0420 'begin' has no 'return'", undefined],
    ['process.function("x")', 'E0434 this probe point names no program, and there is no -c COMMAND or -x PID to take it from', /process\("PATH"\)/],
    ['process("/no/such").function("x")', "E0435 cannot find the program '/no/such'", /check the path/],
    ['kernl.function("x")', "E0420 there is no probe point 'kernl.function(\"x\")'", /'kernel'/],
  ])('%s', (text, message, hint) => {
    const { points, problems, hints } = expand(text, by);
    expect(points).toEqual([]);
    expect(problems).toEqual([message]);
    if (hint === undefined) expect(hints.filter((one) => one.startsWith('did you'))).toEqual([]);
    else expect(hints.join('\n')).toMatch(hint);
  });

  test('a file qualifier of an exact name is taken with a warning', () => {
    const { points, problems } = expand('kernel.function("vfs_read@fs/read_write.c")', by);
    expect(points.map(({ name }) => name)).toEqual(['kernel.function("vfs_read")']);
    expect(problems).toEqual(["W0420 the source file in 'vfs_read@fs/read_write.c' is not checked: the kernel's type information (BTF) does not have it"]);
  });

  test('without BTF the reason is told', () => {
    const blind = resolver({ btfProblem: 'CONFIG_DEBUG_INFO_BTF is not set' });
    expect(expand('kernel.function("vfs_read")', blind).problems).toEqual(["E0425 kernel.function needs the kernel's type information (BTF): CONFIG_DEBUG_INFO_BTF is not set"]);
    expect(expand('kernel.syscall("openat")', blind).points).toHaveLength(1);
  });

  test('a tick of unknown length', () => {
    expect(expand('timer.jiffies(1)', resolver({ config: () => undefined })).problems).toEqual(["E0439 the tick rate of the target kernel (CONFIG_HZ) is not known, so 'jiffies' has no length"]);
  });

  test('a call that another architecture has', () => {
    expect(expand('kernel.syscall("open")', resolver({ arch: 'aarch64' })).problems).toEqual(["E0433 aarch64 has no system call 'open'; it exists on x86_64"]);
    expect(expand('kernel.syscall("openat")', resolver({ arch: 'aarch64' })).points).toMatchObject([{ attach: { nr: 56 } }]);
  });
});

describe('the BTF', () => {
  test('is not opened by points that need none of it', () => {
    const target = testTarget();
    Object.defineProperty(target, 'btf', { get: () => { throw new Error('opened'); } });
    const lazy = createProbeResolver({ target, syscallTable: SYSCALLS });
    for (const text of ['begin', 'timer.s(1)', 'kernel.syscall("openat")', 'kernel.syscall("connect").return']) expect(expand(text, lazy).points).toHaveLength(1);
  });
});

describe('programs', () => {
  // The test's own node: a program with symbols that every machine with these tests has.
  const node = fileURLToPath(new URL(`file://${process.execPath}`));
  const bytes = readFileSync(node);
  const elf = ElfFile.parse(bytes);
  const arch = elf.machine === 'aarch64' ? 'aarch64' : 'x86_64';
  const script = Buffer.from('#!/usr/bin/env -S node --test\n');
  const programs = resolver({
    arch,
    resolvePath: (path) => (path === 'node' || path === node ? node : path === 'script' ? '/opt/script' : undefined),
    readBinary: (path) => (path === node ? bytes : path === '/opt/script' ? script : path === '/opt/text' ? Buffer.from('text') : undefined),
    executableOf: (pid) => (pid === 7 ? { path: node, name: '/node' } : pid === 8 ? { path: '/proc/8/exe', name: '/other/program' } : undefined),
    matchPaths: (pattern) => (pattern === '/opt/no*' ? ['/opt/text', node] : pattern === '/opt/*' ? Array.from({ length: 201 }, (_, index) => `/opt/${index}`) : pattern === '/opt/te*' ? ['/opt/text', '/opt/text2'] : []),
    findLibrary: (name) => (name.startsWith('libc.so') ? '/lib/libc.so.6' : undefined),
  }, 'node --version');
  const main = elf.function('main');

  test.each([
    [`process("${node}").function("main")`, `process("${node}").function("main")`, {}],
    ['process("node").function("main").call', `process("${node}").function("main")`, {}],
    ['process("node").function("main").return', `process("${node}").function("main").return`, { return: true }],
    ['process.function("main")', `process("${node}").function("main")`, {}],
    ['process(7).function("main")', 'process(7).function("main")', { pid: 7 }],
    ['process("script").function("main")', `process("${node}").function("main")`, {}],
    ['process("/opt/no*").function("main")', `process("${node}").function("main")`, {}],
  ])('%s', (text, name, more) => {
    const { points, problems } = expand(text, programs);
    expect(problems).toEqual([]);
    expect(points).toMatchObject([{ name, functionName: 'main', attach: { kind: 'user-function', path: node, symbol: 'main', fileOffset: elf.fileOffset(main?.address ?? -1n), return: false, ...more } }]);
  });

  test('a wildcard of returns passes over the start of a program, which returns nowhere', () => {
    const names = (suffix: string): unknown[] => expand(`process("node").function("_st*")${suffix}`, programs).points.map(({ functionName }) => functionName);
    expect(names('').filter((name) => !names('.return').includes(name))).toEqual(['_start']);
  });

  test('a wildcard gives each address once', () => {
    const { points } = expand('process("node").function("uv_fs_o*")', programs);
    const offsets = points.map(({ attach }) => (attach.kind === 'user-function' ? attach.fileOffset : -1));
    expect(offsets.length).toBeGreaterThan(1);
    expect(new Set(offsets).size).toBe(offsets.length);
  });

  test.each([
    ['process("node").function("mian_")', /^E0437 no function 'mian_' in .*: (there is no such symbol|it is stripped)/],
    ['process("node").function("printf")', /^E0437 no function 'printf' in .*: it is imported from a library/],
    ['process("node").function("_start").return', /^E\d+ .*'_start'.*on the stack lies argc/],
    ['process("node").function("main@node.cc")', /^E0461 no source file of \S+ matches 'node.cc'/],
    ['process("node").mark("x")', /^E0424 no mark 'x' in .*: it has no USDT probes at all/],
    ['process("node").mark(5)', /^E0421 'mark' takes a text/],
    ['process("node").mark("x").return', /^E0420 'process.mark' has no 'return'/],
    ['process("node").provider("x")', /^E0422 'process.provider' is not a whole probe point: .mark\("NAME"\) must follow/],
    ['process("node").provider("x").function("y")', /^E0420 'process.provider' has no 'function'/],
    ['process("node").provider("x").mark("y").mark("z")', /^E0420 'process.mark' has no 'mark'/],
    ['process("node").function("main").inline', /^E0461 no function 'main' in the debug information/],
    ['process(9).function("main")', /^E0441 there is no process 9/],
    ['process(0).begin', /^E0441 there is no process 0/],
    ['process("/none/*").function("main")', /^E0442 no file matches '\/none\/\*'/],
    ['process("/opt/*").end', /^E0443 '\/opt\/\*' matches 201 programs, and at most 200/],
    ['process("/opt/te*").function("main")', /^E0436 .*none of these files is a program/],
    ['process("node").library("libnone.so").function("main")', /^E0444 '.*' uses no library 'libnone.so'/],
    ['process("node").library.function("main")', /^E0421 'library' takes a text in quotes/],
    ['process("node").library("libc.so.6")', /^E0422 'process\("node"\).library\("libc.so.6"\)' is not a whole/],
    ['process("node").library("libc.so.6").begin', /^E0420 'process\("node"\).library\("libc.so.6"\)' has no 'begin'/],
    ['process("node").plt("no_such_function")', /^E0445 .* calls no library function 'no_such_function'/],
    ['process("node").plt("puts").call', /^E0420 'process.plt' has no 'call'/],
    ['process("node").plt(5)', /^E0421 'plt' takes a text/],
    ['process("node").data("no_such_data").write', /^E0448 no data 'no_such_data' in /],
    ['process("node").data(5).write.now', /^E0420 'data\(5\)' has no 'now'/],
    ['process("node").begin.return', /^E0420 'process.begin' has no 'return'/],
    ['process.begin(1)', /^E0421 'begin' takes no argument/],
    ['process.thread', /^E0422 'process.thread' is not a whole probe point/],
    ['process.thread.exit', /^E0420 'process.thread' has no 'exit'/],
    ['process.syscall.return.call', /^E0420 'process.syscall.return' has no 'call'/],
    ['process.insn.block', /^E0446 'process.insn' cannot be probed/],
  ])('%s', (text, message) => {
    const { points, problems } = expand(text, programs);
    expect(points).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  test.each([
    ['process.begin', 'process.begin', undefined],
    ['process("node").thread.begin', `process("${node}").thread.begin`, { kind: 'program', path: node }],
    ['process("script").end', `process("${node}").end`, { kind: 'program', path: node }],
    ['process(8).syscall.return', 'process(8).syscall.return', { kind: 'pid', pid: 8 }],
  ])('%s is of these processes', (text, name, processes) => {
    const { points, problems } = expand(text, programs);
    expect(problems).toEqual([]);
    // A begin has two: in the kernel, and in the host for what is there already.
    expect(points.map(({ attach }) => attach.kind)).toEqual(text.endsWith('begin') ? ['process', 'existing-process'] : ['process']);
    for (const point of points) {
      expect(point.name).toBe(name);
      expect('processes' in point.attach ? point.attach.processes : undefined).toEqual(processes);
    }
  });

  test('variables of system calls', () => {
    const names = (text: string): string[] => expand(text, programs).points[0]?.context.variables().map((one) => one.name) ?? [];
    expect(names('process.syscall')).toEqual(['$syscall', '$arg1', '$arg2', '$arg3', '$arg4', '$arg5', '$arg6']);
    expect(names('process.syscall.return')).toEqual(['$return', '$syscall']);
  });

  test('a variable has advice', () => {
    const [only] = expand('process("node").function("main")', programs).points;
    const resolution = only?.context.resolve({ kind: 'target', base: { kind: 'variable', name: '$argc' }, steps: [], addressOf: false, pretty: 0, span }, () => { throw new Error('no operand'); });
    expect(resolution).toMatchObject({ ok: false, hint: `the debug information of ${node} does not describe this function; use int_arg(N) or pointer_arg(N)` });
  });

  test.each([
    ['#!/bin/sh\necho', /^E0436 .* it is a script whose interpreters are scripts without end/],
    ['#! \necho', /^E0436 .* it is a script, and its interpreter '' cannot be found/],
    ['not a program', /^E0436 'x' is not a program/],
  ])('not an ELF file: %s', (text, message) => {
    const odd = resolver({ resolvePath: (path) => path, readBinary: () => Buffer.from(text) });
    expect(expand('process("x").function("main")', odd).problems[0]).toMatch(message);
  });
});

describe('the symbols of the running kernel', () => {
  const KALLSYMS = ['ffffffff81000000 T _text', 'ffffffff81001000 t vfs_read', 'ffffffff81002000 t twice', 'ffffffff81003000 t twice', 'ffffffff81004000 T entry_asm', 'ffffffff81005000 t folded.isra.0', 'ffffffff81005400 t folded.isra.0', 'ffffffff81005800 t folded.cold',
    'ffffffff81006000 t onlycold.cold', 'ffffffff81007000 D data', 'ffffffffc0001000 t ext4_readdir\t[ext4]', 'ffffffffc0100000 t bpf_prog_1\t[bpf]'].join('\n') + '\n';
  const kernel = (text: string): ReturnType<typeof resolver> => resolver({ btf: inventedKernel(), kernelSymbols: () => new Kallsyms(text) });
  const by = kernel(KALLSYMS);

  test.each([
    ['entry_asm', 'the kernel has it, but its types are not described (assembly, or several functions of that name that differ)', 'probe it without variables: kprobe.function("entry_asm")'],
    ['ext4_readdir', "it is in module 'ext4'", 'write module("ext4").function("ext4_readdir")'],
    ['folded', "the compiler made 'folded.isra.0' of it, with parameters of its own choice", 'probe that without variables: kprobe.function("folded.isra.0")'],
    ['onlycold', 'this kernel has no code of that name: it is inlined wherever it is called, or does not exist here, or is in a module that is not loaded', expect.stringContaining('.inline can be probed')],
    ['data', 'this kernel has no code of that name', expect.anything()],
    ['bpf_prog_1', 'this kernel has no code of that name', expect.anything()],
  ])('no types of %s', (name, why, hint) => {
    const { points, problems, hints } = expand(`kernel.function("${name}")`, by);
    expect(points).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(`E0426 no function '${name}' in the kernel's type information (BTF): ${why}`)]);
    expect(hints[0]).toEqual(hint);
  });

  test.each(['entry_asm', 'folded.isra.0', 'ext4_readdir'])('kprobe.function needs no types of %s', (name) => {
    expect(expand(`kprobe.function("${name}")?`, by)).toMatchObject({ points: [{ name: `kprobe.function("${name}")` }], problems: [] });
  });

  test('kprobe.function of what the kernel has not', () => {
    const why = "E0426 no function 'onlycold' in the kernel: this kernel has no code of that name";
    expect(expand('kprobe.function("onlycold")', by)).toMatchObject({ points: [], problems: [expect.stringContaining(why)] });
    // Without symbols types must do, where the script goes on without the probe.
    const unknown = resolver({ btf: inventedKernel() });
    expect(expand('kprobe.function("onlycold")', unknown).points).toHaveLength(1);
    expect(expand('kprobe.function("onlycold")!', unknown).points).toEqual([]);
    expect(expand('kprobe.function("vfs_read")!', unknown).points).toHaveLength(1);
  });

  const at = (address: string): string => String(BigInt(address) - (1n << 64n));
  test.each([
    [`kprobe.statement(${at('0xffffffff81001010')}).absolute`, 'kprobe.statement(0xffffffff81001010).absolute', { symbol: 'vfs_read', offset: 16 }],
    [`kernel.statement(${at('0xffffffff81004000')})`, 'kernel.statement(0xffffffff81004000)', { symbol: 'entry_asm', offset: 0 }],
    [`kernel.statement(${at('0xffffffff81003004')}).absolute`, 'kernel.statement(0xffffffff81003004).absolute', { symbol: '_text', offset: 0x3004 }],
    [`module("ext4").statement(${at('0xffffffffc0001008')}).absolute`, 'module("ext4").statement(0xffffffffc0001008).absolute', { symbol: 'ext4_readdir', module: 'ext4', offset: 8 }],
    [`kernel.function(${at('0xffffffff81001010')})`, 'kernel.function("vfs_read")', { symbol: 'vfs_read' }],
    [`kernel.function(${at('0xffffffff81001010')}).return`, 'kernel.function("vfs_read").return', { symbol: 'vfs_read', return: true }],
    ['kprobe.module("ext4").function("ext4_readdir").return', 'kprobe.module("ext4").function("ext4_readdir").return', { symbol: 'ext4_readdir', module: 'ext4', return: true }],
  ])('%s', (text, name, attach) => {
    const { points, problems } = expand(text, by);
    expect(problems).toEqual([]);
    expect(points).toMatchObject([{ name, where: 'kernel', attach: { kind: 'function', ...attach } }]);
  });

  test.each([
    [`kprobe.statement(${at('0xffffffff81007000')}).absolute`, by, 'this kernel has no code at this address'],
    [`kprobe.statement(${at('0xffffffffc0100000')}).absolute`, by, 'the code there is made at run time'],
    [`kernel.statement(${at('0xffffffffc0001000')})`, by, "the code there is of module 'ext4'"],
    [`module("ext4").statement(${at('0xffffffff81001000')})`, by, 'the code there is of the kernel itself'],
    [`kernel.function(${at('0xffffffff81003000')})`, by, 'several functions have the name of that there: write kprobe.statement(0xffffffff81003000).absolute'],
    ['kprobe.statement(5).absolute', by, 'this kernel has no code at this address'],
    [`kprobe.statement(${at('0xffffffff81001000')}).absolute`, kernel('0000000000000000 T _text\n0000000000000000 T vfs_read\n'), 'the kernel hides its addresses: run as root'],
  ])('refused: %s', (text, resolve, why) => {
    const { points, problems } = expand(text, resolve);
    expect(points).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^E0438 .* cannot be probed: ${why.replaceAll(/[.*+?()[\]]/g, '\\$&')}`))]);
  });
});

describe('netfilter', () => {
  const kernel = inventedKernel();
  const names = Object.create(kernel, { enumValue: { value: (name: string) => (name === 'BPF_NETFILTER' ? 45n : undefined) }, findByName: { value: (name: string) => (name === 'bpf_nf_ctx' ? {} : undefined) }, findAllByName: { value: () => [] } }) as typeof kernel;
  const by = resolver({ btf: names });

  test.each([
    ['netfilter.hook("NF_INET_LOCAL_IN").pf("NFPROTO_IPV4")', { family: 2, hook: 1, priority: 0 }],
    ['netfilter.pf("PF_INET6").hook("NF_IP6_POST_ROUTING").priority("NF_IP6_PRI_MANGLE")', { family: 10, hook: 4, priority: -150 }],
    ['netfilter.hook("3").pf("2").priority("-7")', { family: 2, hook: 3, priority: -7 }],
    ['netfilter.hook("NF_IP_FORWARD").pf("AF_INET").priority("NF_IP_PRI_FIRST")', { family: 2, hook: 2, priority: -2147483647 }],
    ['netfilter.hook("NF_IP_FORWARD").pf("AF_INET").priority("NF_IP_PRI_LAST")', { family: 2, hook: 2, priority: 2147483646 }],
  ])('%s', (text, place) => {
    const { points, problems } = expand(text, by);
    expect(problems).toEqual([]);
    expect(points).toMatchObject([{ name: text, where: 'kernel', attach: { kind: 'netfilter', ...place } }]);
    expect(points[0]?.context.variables().map(({ name }) => name)).toEqual(['$hooknum', '$skb', '$in', '$out', '$verdict']);
  });

  test.each([
    ['netfilter.hook("NF_INET_LOCAL_IN")', /^E0422 .* is not a whole probe point: .pf\("NFPROTO_IPV4"\) must follow/],
    ['netfilter.pf("NFPROTO_IPV4")', /^E0422 .* is not a whole probe point: .hook\("NF_INET_LOCAL_IN"\) must follow/],
    ['netfilter.hook("NF_INET_LOCAL_IN").pf("NFPROTO_IPV5")', /^E0449 'NFPROTO_IPV5' is no protocol family/],
    ['netfilter.hook("NF_INET_LOCAL_IN").pf("4")', /^E0449 '4' is no protocol family of netfilter/],
    ['netfilter.hook("NF_BR_FORWARD").pf("NFPROTO_IPV4")', /^E0449 'NF_BR_FORWARD' is no hook/],
    ['netfilter.hook("5").pf("NFPROTO_IPV4")', /^E0423 'hook' takes a hook of the family: NF_INET_PRE_ROUTING,/],
    ['netfilter.hook("0").pf("NFPROTO_IPV4").priority("first")', /^E0449 'first' is no priority/],
    ['netfilter.hook("0").pf("NFPROTO_IPV4").priority("2147483647")', /^E0423 'priority' takes a priority between -2147483647 and 2147483646/],
    ['netfilter.hook("0").pf("NFPROTO_IPV4").priority("-2147483648")', /^E0423 'priority' takes/],
    ['netfilter.hook("0").pf("NFPROTO_IPV4").hook("1")', /^E0447 '.hook' is one too many/],
    ['netfilter.hook("0").pf("NFPROTO_IPV4").return', /^E0420 .* has no 'return'/],
    ['netfilter(1).hook("0").pf("NFPROTO_IPV4")', /^E0421 'netfilter' takes no argument/],
    ['netfilter.hook.pf("NFPROTO_IPV4")', /^E0421 'hook' takes the name or number of a hook/],
    ['netfilter.hook("NF_ARP_IN").pf("NFPROTO_ARP")', /^E0446 .* cannot be probed: BPF programs can be hooks of IPv4 and IPv6 alone, not of ARP/],
    ['netfilter.hook("NF_BR_BROUTING").pf("NFPROTO_BRIDGE")', /^E0446 .* not of bridges/],
  ])('%s', (text, message) => {
    const { points, problems } = expand(text, by);
    expect(points).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  test('an older kernel is told what it needs, and what is near', () => {
    const { problems, hints } = expand('netfilter.hook("NF_INET_LOCAL_OUT").pf("NFPROTO_IPV6")', resolver({ btf: inventedKernel() }));
    expect(problems).toEqual(['E0446 \'netfilter.hook("NF_INET_LOCAL_OUT").pf("NFPROTO_IPV6")\' cannot be probed: it needs BPF programs as netfilter hooks (Linux 6.4 or later, CONFIG_NETFILTER_BPF_LINK=y), and this kernel (6.1.0) does not have them']);
    expect(hints).toEqual(['the nearest that can be probed: kernel.function("__ip6_local_out"), which runs for these packets before other hooks see them']);
  });
});

describe('the table of system calls', () => {
  const table = parseSyscallTable(SYSCALLS);

  test.each([
    ['open', { x86_64: 2 }, ['const char* filename', 'int flags', 'umode_t mode']],
    ['openat', { x86_64: 257, aarch64: 56 }, ['int dfd', 'const char* filename', 'int flags', 'umode_t mode']],
    ['openat2', { x86_64: 437, aarch64: 437 }, ['int dfd', 'const char* filename', 'struct open_how* how', 'size_t usize']],
    ['read', { x86_64: 0, aarch64: 63 }, ['unsigned int fd', 'char* buf', 'size_t count']],
    ['accept4', { x86_64: 288, aarch64: 242 }, ['int fd', 'struct sockaddr* upeer_sockaddr', 'int* upeer_addrlen', 'int flags']],
    ['execve', { x86_64: 59, aarch64: 221 }, ['const char* filename', 'const char* const* argv', 'const char* const* envp']],
    ['getpid', { x86_64: 39, aarch64: 172 }, []],
  ])('%s', (name, numbers, parameters) => {
    expect(table.get(name)).toEqual({ name, numbers, parameters: parameters.map((one) => ({ type: one.replace(/ ?\w+$/, ''), name: /\w+$/.exec(one)?.[0] })) });
  });

  test('no number stands twice', () => {
    for (const arch of ['x86_64', 'aarch64'] as const) {
      const numbers = [...table.values()].flatMap((one) => one.numbers[arch] ?? []);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(numbers.length).toBeGreaterThan(300);
    }
  });

  test.each([['read\t0\t63'], ['read\tx\t63\tvoid'], ['read\t0\t63\tint']])('a bad line is refused: %j', (line) => {
    expect(() => parseSyscallTable(line)).toThrow(/line 1/);
  });
});
