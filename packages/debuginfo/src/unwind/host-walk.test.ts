/** Walks of real stacks, against gdb's of the same. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ElfFile } from '../elf/elf-file.js';
import { hasTool, run } from '../testing/host-tools.test-support.js';
import type { UnwindRows } from './unwind-rows.js';
import { readUnwindRows } from './unwind-rows.js';
import { WALK, walkStack } from './walk.js';

/** Recursion, a callback out of a library, and a signal handler on a stack of its own, in which it stops. */
const PROGRAM = `
#include <signal.h>
#include <stdlib.h>
#include <string.h>
static volatile long sink;
static char other[65536];
__attribute__((noinline)) void stop_here(long n) { sink += n; }
static void handler(int number) { stop_here(number); sink++; }
__attribute__((noinline)) static long deep(long n) {
  volatile char room[48];
  room[n % 48] = 1;
  if (n == 0) { raise(SIGUSR1); sink++; return 1; }
  long below = deep(n - 1);
  return below + room[n % 48] + sink;
}
static int compare(const void *a, const void *b) { if (sink == 0) sink = deep(40); return *(const int *)a - *(const int *)b; }
__attribute__((noinline)) static long aligned(long n) {
  volatile double wide[8] __attribute__((aligned(64)));
  int values[4] = { 3, 1, 2, (int)n };
  wide[n & 7] = n;
  qsort(values, 4, sizeof *values, compare);
  return values[0] + (long)wide[n & 7];
}
int main(int argc, char **argv) {
  stack_t stack = { .ss_sp = other, .ss_size = sizeof other };
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigaltstack(&stack, NULL);
  sigaction(SIGUSR1, &action, NULL);
  return aligned(argc) == 12345;
}
`;

const folder = mkdtempSync(`${tmpdir()}/stapkit-walk-`);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const GDB = `
import gdb
for name in ('rip', 'rsp', 'rbp'): print('reg', name, int(gdb.parse_and_eval('$' + name)) & (2**64 - 1))
frame = gdb.newest_frame()
while frame is not None:
    if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME): print('pc', frame.pc())
    frame = frame.older()
for line in gdb.execute('info proc mappings', to_string=True).splitlines():
    words = line.split()
    if len(words) < 5 or not words[0].startswith('0x'): continue
    path = words[-1] if words[-1].startswith(('/', '[')) else ''
    print('map', int(words[0], 16), int(words[1], 16), int(words[3], 16), path)
    if not path.startswith(('/usr', '/lib', '[v')):
        try: gdb.execute('dump binary memory ${folder}/%d.mem %s %s' % (int(words[0], 16), words[0], words[1]))
        except gdb.error as error: print('unread', error)
`;

interface Stopped { readonly registers: Record<string, number>; readonly frames: number[]; readonly maps: readonly { readonly start: number; readonly end: number; readonly offset: number; readonly path: string }[] }

function stopped(program: string): Stopped {
  writeFileSync(`${folder}/ask.py`, GDB);
  const commands = ['set debuginfod enabled off', 'set backtrace past-main on', 'set backtrace past-entry on', 'handle SIGUSR1 nostop noprint pass', 'break stop_here', 'run', `source ${folder}/ask.py`, 'kill'];
  const { stdout } = spawnSync('gdb', ['-batch', '-nx', ...commands.flatMap((one) => ['-ex', one]), program], { encoding: 'utf8', timeout: 60_000 });
  const lines = stdout.split('\n').map((line) => line.split(' '));
  return {
    registers: Object.fromEntries(lines.filter(([what]) => what === 'reg').map(([, name, value]) => [name!, Number(value)])),
    frames: lines.filter(([what]) => what === 'pc').map(([, value]) => Number(value)),
    maps: lines.filter(([what]) => what === 'map').map(([, start, end, offset, path]) => ({ start: Number(start), end: Number(end), offset: Number(offset), path: path ?? '' })),
  };
}

function walked({ registers, maps }: Stopped): ReturnType<typeof walkStack> {
  const files = new Map<string, UnwindRows>();
  const memory = new Map<number, Buffer>();
  return walkStack({
    codeAt(address) {
      const map = maps.find(({ start, end }) => address >= start && address < end);
      if (map?.path.startsWith('/') !== true) return undefined;
      const rows = files.get(map.path) ?? readUnwindRows(ElfFile.parse(readFileSync(map.path)))!;
      files.set(map.path, rows);
      const segment = rows.segments.find(({ offset, bytes }) => map.offset < offset + bytes && map.offset + map.end - map.start > offset)!;
      return { rows, bias: map.start - map.offset - segment.address + segment.offset };
    },
    wordAt(address) {
      const map = maps.find(({ start, end }) => address >= start && address < end);
      if (map === undefined || (map.path !== '[stack]' && map.path !== '' && !map.path.startsWith(folder))) return undefined;
      const bytes = memory.get(map.start) ?? readFileSync(`${folder}/${map.start}.mem`);
      memory.set(map.start, bytes);
      return Number(bytes.readBigUInt64LE(address - map.start));
    },
  }, { pc: registers['rip']!, sp: registers['rsp']!, fp: registers['rbp']! }, 127);
}

(hasTool('gdb') && hasTool('gcc') && process.arch === 'x64' ? describe : describe.skip)('stacks of programs without frame pointers', () => {
  test.each([
    ['gcc', ['-O2', '-fomit-frame-pointer', '-fno-optimize-sibling-calls']], ['gcc', ['-O2', '-static', '-fomit-frame-pointer', '-fno-optimize-sibling-calls']],
    ['gcc', ['-O2', '-g', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables', '-fomit-frame-pointer', '-fno-optimize-sibling-calls']],
    ...(hasTool('clang') ? [['clang', ['-O2', '-fomit-frame-pointer', '-fno-optimize-sibling-calls']] as [string, string[]]] : []),
  ] as [string, string[]][])('%s %j', (compiler, flags) => {
    writeFileSync(`${folder}/walk.c`, PROGRAM);
    run(compiler, ...flags, '-o', `${folder}/walk`, `${folder}/walk.c`);
    const process_ = stopped(`${folder}/walk`);
    expect(process_.frames.length).toBeGreaterThan(45);
    const { addresses, status } = walked(process_);
    expect(addresses).toEqual(process_.frames);
    expect(status).toBe(WALK.complete);
  }, 60_000);
});
