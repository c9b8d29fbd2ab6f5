/** The C programs that tests trace: built by gcc into a folder of their own, once a test run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from './checkout.js';

export type ProgramName = 'calls' | 'reads' | 'opens' | 'compat' | 'hammer' | 'registers' | 'forks' | 'faults' | 'many' | 'tcp-states' | 'chain' | 'waits' | 'places' | 'file-work' | 'watched' | 'functions' | 'leaks' | 'event-loop' | 'every-call' | 'alias-work' | 'nfs-work' | 'root-work';

/** Of those that are not static: what shared libraries are to show. */
const OPTIONS: Partial<Readonly<Record<ProgramName, readonly string[]>>> = { forks: ['-pthread'], chain: ['-g'], waits: ['-pthread'], places: ['-g', '-rdynamic'], functions: ['-g', '-pthread'], 'every-call': ['-static', '-no-pie'], leaks: ['-fomit-frame-pointer', '-pthread'] };

export interface Programs {
  /** Path of a built program. */
  path(name: ProgramName): string;
  remove(): void;
}

/**
 * @param folder where to put them; default: a new temporary folder
 * @param arch Debian's name of the architecture to build for; default: this machine's
 */
export function buildPrograms(names: readonly ProgramName[], folder = mkdtempSync(join(tmpdir(), 'stapkit-programs-')), arch?: 'arm64'): Programs {
  mkdirSync(folder, { recursive: true });
  for (const name of names)
    // Static: in a guest they run without its libraries, and every syscall that is counted is the program's own.
    execFileSync(arch === 'arm64' ? 'aarch64-linux-gnu-gcc' : 'gcc', ['-O2', '-fno-omit-frame-pointer', ...(OPTIONS[name] ?? ['-static']), '-o', join(folder, name), join(CHECKOUT, 'testing/programs', `${name}.c`)]);
  return { path: (name) => join(folder, name), remove: () => { rmSync(folder, { recursive: true, force: true }); } };
}
