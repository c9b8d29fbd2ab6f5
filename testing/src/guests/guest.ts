/** Runs many checks in one boot of a Debian guest; the boot is what costs. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT, COMMANDS, type Finished } from '../checkout.js';

export type GuestKernel = '5.10' | '6.1' | '6.12' | '7.2';
/** Debian's names. */
export type GuestArch = 'amd64' | 'arm64';

interface GuestRunner {
  readonly runGuest: (options: { kernel: GuestKernel; arch: GuestArch; command: string; cpus?: number; out: string; timeoutSeconds: number; output: { write: (chunk: Uint8Array) => void } }) => Promise<number>;
  readonly guestCache: () => string;
}
interface KernelPackages {
  readonly fetchKernel: (version: GuestKernel, cache: string, arch: GuestArch) => { readonly release: string; readonly folder: string; readonly image: string };
}
interface KernelTypes {
  readonly kernelBtf: (kernel: ReturnType<KernelPackages['fetchKernel']>) => string;
}
const scripts = join(CHECKOUT, 'scripts/guest');

/** Release and BTF file of a guest's kernel, without booting it. */
export async function guestKernel(kernel: GuestKernel, arch: GuestArch = 'amd64'): Promise<{ readonly release: string; readonly btf: string }> {
  const { fetchKernel } = (await import(join(scripts, 'kernel-package.mjs'))) as KernelPackages;
  const { kernelBtf } = (await import(join(scripts, 'kernel-btf.mjs'))) as KernelTypes;
  const { guestCache } = (await import(join(scripts, 'run.mjs'))) as GuestRunner;
  const fetched = fetchKernel(kernel, guestCache(), arch);
  return { release: fetched.release, btf: kernelBtf(fetched) };
}

/** The same, with the types of the modules that aliases of the tapset stand in beside the kernel's own. */
export async function tapsetKernel(kernel: GuestKernel): Promise<{ readonly release: string; readonly btf: string }> {
  const { fetchKernel } = (await import(join(scripts, 'kernel-package.mjs'))) as KernelPackages;
  const { tapsetTypes } = (await import(join(scripts, 'module-btf.mjs'))) as { readonly tapsetTypes: (fetched: ReturnType<KernelPackages['fetchKernel']>, vmlinux: string) => string };
  const { guestCache } = (await import(join(scripts, 'run.mjs'))) as GuestRunner;
  const { release, btf } = await guestKernel(kernel);
  return { release, btf: tapsetTypes(fetchKernel(kernel, guestCache(), 'amd64'), btf) };
}

/** Shell words for a check: modules of the guest's kernel with what they depend on, which go into the session's folder. */
export async function loadModules(guest: GuestSession, kernel: GuestKernel, wanted: Readonly<Record<string, string>>): Promise<string> {
  const { fetchKernel } = (await import(join(scripts, 'kernel-package.mjs'))) as KernelPackages;
  const modules = (await import(join(scripts, 'load-modules.mjs'))) as { readonly loadModules: (fetched: ReturnType<KernelPackages['fetchKernel']>, wanted: Readonly<Record<string, string>>, folder: string, seen: string) => string };
  const { guestCache } = (await import(join(scripts, 'run.mjs'))) as GuestRunner;
  return modules.loadModules(fetchKernel(kernel, guestCache(), 'amd64'), wanted, join(guest.folder, 'modules'), '/mnt/guest-out/modules');
}

/** The modules that every guest has loaded and that tests probe, as patterns of paths in the debug package. */
const MODULES = ['net/9p/9pnet.ko', 'fs/9p/9p.ko'].flatMap((path) => ['lib', 'usr/lib'].map((folder) => `./usr/lib/debug/${folder}/modules/*/kernel/${path}*`));

/** Fetches the debug information of a guest's kernel and of its 9p modules; `env` lets stapkit find it, and nothing else. */
export async function kernelDebuginfo(kernel: GuestKernel): Promise<{ readonly packageName: string; readonly env: Readonly<Record<string, string>> }> {
  const { fetchKernelDebuginfo } = (await import(join(scripts, 'kernel-debuginfo.mjs'))) as { readonly fetchKernelDebuginfo: (version: GuestKernel, cache: string, modules?: readonly string[]) => { readonly package: string; readonly folder: string } };
  const { guestCache } = (await import(join(scripts, 'run.mjs'))) as GuestRunner;
  const { package: packageName, folder } = fetchKernelDebuginfo(kernel, guestCache(), MODULES);
  return { packageName, env: { SYSTEMTAP_DEBUGINFO_PATH: folder } };
}

/** No debug information of kernels, whatever is installed on this machine. */
export const WITHOUT_DEBUGINFO = { SYSTEMTAP_DEBUGINFO_PATH: '/nonexistent' } as const;

export class GuestSession {
  /** Seen in the guest as /mnt/guest-out; what the checks need goes here. */
  readonly folder: string;
  /** Seconds that each may take, by name. */
  readonly #checks = new Map<string, number>();
  readonly #kernel: GuestKernel;
  readonly #arch: GuestArch;

  constructor(kernel: GuestKernel, arch: GuestArch = 'amd64') {
    this.#kernel = kernel;
    this.#arch = arch;
    this.folder = mkdtempSync(join(tmpdir(), 'stapkit-guest-'));
    mkdirSync(join(this.folder, 'checks'));
  }

  /** Adds a shell command, which is killed after so many seconds. `$OUT` is the shared folder; all commands of tools/ are there. */
  check(name: string, command: string, seconds = 240): void {
    writeFileSync(join(this.folder, 'checks', `${name}.sh`), `${command}\n`);
    this.#checks.set(name, seconds);
  }

  /** Boots, runs all checks in order, shuts down. Throws when the guest itself failed. */
  async run(timeoutSeconds: number): Promise<void> {
    // A guest of another architecture has a node of its own. QEMU 7.2 ends it by SIGILL or SIGSEGV when it runs code that it has just made.
    const node = this.#arch === 'amd64' ? process.execPath : '/usr/bin/node --no-expose-wasm --jitless';
    const functions = [...COMMANDS].map(([name, file]) => `printf '#!/bin/sh\\nexec ${node} ${CHECKOUT}${file} "$@"\\n' > /usr/local/bin/${name}; chmod 755 /usr/local/bin/${name}`);
    const command = [
      'export OUT=/mnt/guest-out; mkdir -p /usr/local/bin',
      // The guest sees this machine's files: debug packages that are installed here are not there.
      'mkdir -p /usr/lib/debug && mount -t tmpfs none /usr/lib/debug || exit 1',
      ...functions,
      ...[...this.#checks].map(([name, seconds]) => `timeout ${seconds} sh $OUT/checks/${name}.sh > $OUT/checks/${name}.stdout 2> $OUT/checks/${name}.stderr; echo $? > $OUT/checks/${name}.status; echo "$(cut -d' ' -f1 /proc/uptime) ${name}" >> $OUT/checks/times`),
    ].join('\n');
    const { runGuest } = (await import(join(scripts, 'run.mjs'))) as GuestRunner;
    let console_ = '';
    const status = await runGuest({ kernel: this.#kernel, arch: this.#arch, command, out: this.folder, timeoutSeconds, output: { write: (chunk) => { console_ += Buffer.from(chunk).toString('latin1'); } } });
    if (status === 125) throw new Error(`the ${this.#arch} ${this.#kernel} guest failed: ${console_}`);
  }

  result(name: string): Finished {
    const read = (kind: string): string => {
      const path = join(this.folder, 'checks', `${name}.${kind}`);
      return existsSync(path) ? readFileSync(path, 'latin1') : '';
    };
    const status = read('status');
    return { status: status === '' ? null : Number(status), signal: null, stdout: read('stdout'), stderr: read('stderr') };
  }

  /** Of each check, when it ended: seconds since the boot, and its name. */
  get times(): string {
    return readFileSync(join(this.folder, 'checks/times'), 'latin1');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
