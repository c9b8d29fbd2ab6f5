/** The object is one of the ecosystem's own: bpftool, llvm-objdump and readelf read it, and a loaded program shows the script's lines. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run, stapkit } from './checkout.js';
import { loadedPrograms } from './leftovers.js';

const SCRIPT = `global n, by
probe kernel.trace("sched:sched_process_exit") {
  n++
  by[execname()] <<< 1
  if (n > 1000000)
    printf("%s %d\\n", execname(), n)
}
probe end { foreach (e in by) printf("%s %d\\n", e, @count(by[e])) }
`;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-object-'));
  writeFileSync(join(folder, 'exits.stp'), SCRIPT);
  const { stdout, stderr, status } = await stapkit('stapkit', ['-p4', '-m', 'exits', 'exits.stp'], { cwd: folder });
  expect({ stdout, stderr, status }).toEqual({ stdout: 'exits.o\n', stderr: '', status: 0 });
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test('bpftool reads its types', async () => {
  const { stdout, status } = await run('bpftool', ['btf', 'dump', 'file', join(folder, 'exits.o')]);
  expect(stdout).toMatch(/DATASEC '\.maps'/);
  expect(stdout).toMatch(/FUNC '\w+' type_id=\d+ linkage=(static|global)/);
  expect(status).toBe(0);
});

test('llvm-objdump disassembles it', async () => {
  const { stdout, status } = await run('llvm-objdump', ['-d', join(folder, 'exits.o')]);
  expect(stdout).toMatch(/file format elf64-bpf/);
  expect(stdout).toMatch(/lock \*\(u64 \*\)\(r\d \+ (?:\d+|0x[0-9a-f]+)\) \+= r\d/);
  // LLVM knows BPF_ST (a store of an immediate: opcodes 62, 6a, 72, 7a), which every kernel has, since version 17 only.
  const unknown = stdout.split('\n').filter((line) => line.includes('<unknown>') && !/:\s+(?:62|6a|72|7a) /.test(line));
  expect(unknown).toEqual([]);
  expect(status).toBe(0);
});

test('readelf finds its sections, licence GPL', async () => {
  const { stdout } = await run('readelf', ['-SW', join(folder, 'exits.o')]);
  for (const section of ['.maps', '.BTF', '.BTF.ext', 'license', '.stapkit', 'tp_btf/sched_process_exit']) expect(stdout).toContain(section);
  expect((await run('readelf', ['-p', 'license', join(folder, 'exits.o')])).stdout).toContain('GPL');
});

test('a loaded program shows the .stp lines', async () => {
  const before = loadedPrograms();
  let dump = '';
  const { status } = await stapkit('stapkit-run', ['-T', '20', join(folder, 'exits.o')], {
    env: { STAPKIT_NOTIFY_ARMED: '1' },
    started: (child) => {
      child.stderr?.once('data', () => {
        for (const id of loadedPrograms()) if (!before.has(id)) dump += execFileSync('bpftool', ['prog', 'dump', 'xlated', 'id', String(id), 'linum'], { encoding: 'utf8' });
        child.kill('SIGINT');
      });
    },
  });
  expect(dump).toMatch(/n\+\+ \[file:.*exits\.stp line_num:3/);
  expect(dump).toMatch(/by\[execname\(\)\] <<< 1 \[file:.*exits\.stp line_num:4/);
  expect(status).toBe(0);
});

const flip = (bytes: Buffer, at: number): Buffer => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
};

test.each([
  ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ['not an object', () => Buffer.from('#!/bin/sh\n')],
  ['empty', () => Buffer.alloc(0)],
  ['changed in one bit of its code', (bytes: Buffer) => flip(bytes, 0x80)],
  ['changed in one bit of its metadata', (bytes: Buffer) => flip(bytes, bytes.indexOf('"globals"') + 1)],
  ['changed in one bit of its headers', (bytes: Buffer) => flip(bytes, bytes.length - 1)],
])('stapkit-run refuses what is %s', async (_name, change) => {
  const file = join(folder, 'changed.o');
  const bytes = execFileSync('cat', [join(folder, 'exits.o')]);
  writeFileSync(file, change(bytes));
  const { stderr, status } = await stapkit('stapkit-run', [file]);
  expect(stderr).toMatch(/object/);
  expect(stderr).not.toMatch(/bug in stapkit/);
  expect(status).toBe(1);
});

const OTHER = process.arch === 'arm64' ? { option: 'x86_64', name: 'x86_64' } : { option: 'arm64', name: 'aarch64' };

test('an object of another architecture is made, and refused here in one line', async () => {
  const made = await stapkit('stapkit', ['-a', OTHER.option, '-p4', '-m', 'other', '-e', 'probe syscall.openat { println(argstr) }'], { cwd: folder });
  expect(made).toMatchObject({ stdout: 'other.o\n', stderr: '', status: 0 });
  const { stdout, stderr, status } = await stapkit('stapkit-run', ['other.o'], { cwd: folder });
  expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
  expect(stderr).toMatch(new RegExp(`^stapkit-run: the object was compiled for ${OTHER.name}; this machine is \\w+; compile it again .*\n$`));
});

test('a script for another architecture is not run here', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-a', OTHER.option, '-e', 'probe begin { exit() }']);
  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: `stapkit: this machine cannot run what is compiled for ${OTHER.name}; add -p4, and run the object there with stapkit-run\n`, status: 1 });
});
