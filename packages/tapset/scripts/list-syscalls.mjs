#!/usr/bin/env node
/**
 * node scripts/list-syscalls.mjs [TRACEFS] > tables/syscalls.tsv
 * Writes the table of system calls anew from what this machine knows: numbers from the C headers
 * (x86-64: asm/unistd_64.h, arm64: asm-generic/unistd.h), parameters from the formats of the kernel's
 * syscall trace events (default: /sys/kernel/tracing). Needs root, linux-libc-dev and CONFIG_FTRACE_SYSCALLS.
 * Parameters that the present table has and this machine cannot tell are kept.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const tracefs = process.argv[2] ?? '/sys/kernel/tracing';
const x86Header = ['/usr/include/x86_64-linux-gnu/asm/unistd_64.h', '/usr/include/asm/unistd_64.h'].find((path) => existsSync(path));
const table = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../tables/syscalls.tsv');

/** Names under which the kernel defines some calls: SYSCALL_DEFINE's name where it differs from the number's. */
const DEFINED_AS = {
  stat: 'newstat', fstat: 'newfstat', lstat: 'newlstat', fstatat: 'newfstatat', newfstatat: 'newfstatat', uname: 'newuname', sendfile: 'sendfile64', umount2: 'umount',
  pread64: 'pread64', prctl: 'prctl', _sysctl: 'sysctl', fadvise64: 'fadvise64',
};
/** Their definition has no trace event. */
const WITHOUT_EVENT = { rt_sigreturn: [] };

function numbers(path, wide) {
  const found = new Map();
  if (path === undefined) return found;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const match = /^#define (?:__NR_|__NR3264_)(\w+)\s+(\d+)\s*$/.exec(line);
    if (match !== null && match[1] !== 'syscalls' && match[1] !== 'arch_specific_syscall') found.set(match[1], Number(match[2]));
  }
  // asm-generic names a few calls for both word sizes: on 64-bit machines __NR3264_fcntl is fcntl.
  if (wide) for (const [from, to] of [['fadvise64', 'fadvise64'], ['fstatat', 'newfstatat']]) {
    const number = found.get(from);
    if (number !== undefined && from !== to) {
      found.delete(from);
      found.set(to, number);
    }
  }
  return found;
}

function parameters(name) {
  const path = `${tracefs}/events/syscalls/sys_enter_${DEFINED_AS[name] ?? name}/format`;
  if (!existsSync(path)) return WITHOUT_EVENT[name] === undefined ? undefined : 'void';
  const fields = [...readFileSync(path, 'utf8').matchAll(/field:(.*?);/g)].map((match) => match[1]);
  // After the common fields and __syscall_nr come the parameters; kernels that record texts add __NAME_val fields behind them.
  const after = fields.slice(fields.findIndex((field) => field.endsWith(' __syscall_nr')) + 1).filter((field) => !field.startsWith('__data_loc'));
  return after.length === 0 ? 'void' : after.map((field) => field.replace(/\s*\*\s*/g, '* ').replace(/\* (?=\*)/g, '*').replace(/\s+/g, ' ').trim()).join(', ');
}

const before = new Map(readFileSync(table, { encoding: 'utf8', flag: 'a+' }).split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t')).map((row) => [row[0], row]));
const x86 = numbers(x86Header, false);
const arm = numbers('/usr/include/asm-generic/unistd.h', true);
// 403 to 423 are the 64-bit time calls of 32-bit machines.
for (const [name, number] of arm) if (number >= 403 && number <= 423) arm.delete(name);
const names = [...new Set([...x86.keys(), ...arm.keys(), ...before.keys()])].filter((name) => !/^(arch_specific|sync_file_range2$)/.test(name) || before.has(name));
names.sort((a, b) => (x86.get(a) ?? 10_000 + (arm.get(a) ?? 0)) - (x86.get(b) ?? 10_000 + (arm.get(b) ?? 0)));
console.log('# System calls: name, number on x86_64, number on aarch64 (- where it has none), parameters as C declares them (? where they are not known).');
console.log('# Columns are parted by tabs. Written by scripts/list-syscalls.mjs.');
for (const name of names) {
  const old = before.get(name);
  const found = parameters(name) ?? old?.[3] ?? '?';
  console.log([name, x86.get(name) ?? old?.[1] ?? '-', arm.get(name) ?? old?.[2] ?? '-', found].join('\t'));
}
