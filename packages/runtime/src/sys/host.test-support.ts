/** Gates for tests on the real kernel. They skip only where bpf(2) is provably not to be had, and say so. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { ENOSYS, EPERM } from './errno.js';
import { type Kernel, hasCapability } from './kernel.js';
import { linuxKernel } from './linux.js';
import { BPF_MAP_CREATE, CAP_BPF, CAP_SYS_ADMIN } from './uapi.js';

/** Why bpf(2) cannot be had here; undefined when it can. */
function bpfMissing(kernel: Kernel): string | undefined {
  // A call with no attributes is EINVAL where bpf(2) works.
  const result = kernel.bpf(BPF_MAP_CREATE, new Uint8Array(72));
  if (result === -ENOSYS) return 'this kernel has no bpf(2)';
  const privileged = hasCapability(kernel, CAP_SYS_ADMIN) || hasCapability(kernel, CAP_BPF);
  return result === -EPERM && !privileged ? 'not root' : undefined;
}

/** A group of tests on the running kernel. */
export function describeWithBpf(name: string, body: (kernel: Kernel) => void, needs: { readonly bpftool?: boolean } = {}): void {
  const kernel = process.platform === 'linux' ? linuxKernel() : undefined;
  const toolMissing = needs.bpftool === true && !hasBpftool ? 'bpftool is not installed' : undefined;
  const missing = kernel === undefined ? 'not Linux' : (bpfMissing(kernel) ?? toolMissing);
  if (kernel === undefined || missing !== undefined) {
    console.warn(`skipped: ${name}: ${missing ?? ''}`);
    describe.skip(name, () => undefined);
    return;
  }
  describe(name, () => {
    body(kernel);
  });
}

/** Builds a C program in a new folder; gives its path. */
export function compileC(source: string, ...flags: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-test-'));
  writeFileSync(join(folder, 'program.c'), source);
  execFileSync('gcc', ['-O1', '-o', join(folder, 'program'), join(folder, 'program.c'), ...flags]);
  return join(folder, 'program');
}

/** Offset in the file of a function of a non-PIE or PIE program whose text segment is mapped one to one. */
export function fileOffsetOf(path: string, symbol: string): number {
  const address = /^([0-9a-f]+) \w (\S+)$/;
  for (const line of execFileSync('nm', [path], { encoding: 'utf8' }).split('\n')) {
    const match = address.exec(line);
    if (match?.[2] === symbol) return Number.parseInt(match[1]!, 16) - loadBias(path);
  }
  throw new Error(`${path} has no symbol ${symbol}`);
}

function loadBias(path: string): number {
  const header = execFileSync('readelf', ['-lW', path], { encoding: 'utf8' }).split('\n').find((line) => /^\s+LOAD.* R E /.test(line));
  const [, offset = '0', address = '0'] = /LOAD\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)/.exec(header ?? '') ?? [];
  return Number(address) - Number(offset);
}

const hasBpftool = ['/usr/sbin/bpftool', '/usr/bin/bpftool', '/sbin/bpftool'].some((path) => existsSync(path));

/** Names of this machine's BPF programs and maps as bpftool tells them. */
export function bpftoolNames(kind: 'prog' | 'map'): string[] {
  const list = JSON.parse(execFileSync('bpftool', ['-j', kind, 'list'], { encoding: 'utf8' })) as { name?: string }[];
  return list.map(({ name }) => name ?? '');
}
