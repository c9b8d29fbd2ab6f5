/** The examples on Debian 12's kernel: compiled here for it, loaded and run in one guest. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { localTarget } from '@stapkit/cli-kit';
import { kernelBtf } from '../guest/kernel-btf.mjs';
import { fetchKernel } from '../guest/kernel-package.mjs';
import { writeModuleTypes } from '../guest/module-btf.mjs';
import { guestCache, runGuest } from '../guest/run.mjs';

const KERNEL = '6.1';
const CHECKOUT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
/** Modules that examples probe. */
const MODULES = ['nfsd', 'nfs', 'sunrpc', 'autofs4', 'bridge', 'br_netfilter', 'xfs', 'scsi_mod', 'sd_mod', 'kvm', 'dccp', 'dccp_ipv4', 'dccp_ipv6', 'floppy'];
/** Of these, those whose types are not the kernel's: they must be there when an object is loaded. */
const LOADED = ['net/sunrpc/sunrpc', 'net/sunrpc/auth_gss/auth_rpcgss', 'fs/nfs_common/grace', 'fs/nfs_common/nfs_acl', 'fs/lockd/lockd', 'fs/nfsd/nfsd', 'virt/lib/irqbypass', 'arch/x86/kvm/kvm'];
/** A second, where a script would go on for ever. */
const SECONDS = 1;

export class ExamplesGuest {
  #folder = mkdtempSync(join(tmpdir(), 'stapkit-examples-'));
  #runs = new Map();
  #wantsDebugInformation;

  constructor(wantsDebugInformation = true) {
    this.#wantsDebugInformation = wantsDebugInformation;
  }

  /** The kernel with its BTF, that of modules, and its debug information where it has been fetched before. */
  target() {
    const kernel = fetchKernel(KERNEL, guestCache());
    const types = join(this.#folder, 'types');
    writeModuleTypes(kernel, kernelBtf(kernel), MODULES, types);
    copyFileSync(join(kernel.folder, 'root/boot', `config-${kernel.release}`), join(types, `config-${kernel.release}`));
    const debug = join(kernel.folder, 'debug/usr/lib/debug');
    this.hasDebugInformation = this.#wantsDebugInformation && existsSync(debug);
    if (this.hasDebugInformation) process.env.SYSTEMTAP_DEBUGINFO_PATH = debug;
    return localTarget({ btfFile: join(types, 'vmlinux'), release: kernel.release });
  }

  /** Shell words that load what the examples probe, with what it needs, in that order. */
  #loadModules() {
    const { folder, release } = fetchKernel(KERNEL, guestCache());
    return LOADED.map((path) => `busybox insmod ${join(folder, 'root/lib/modules', release, 'kernel', path)}.ko; `).join('');
  }

  /** @param call how it is run; undefined: it is only loaded */
  add(name, bytes, call) {
    mkdirSync(join(this.#folder, 'objects'), { recursive: true });
    writeFileSync(join(this.#folder, 'objects', `${name}.o`), bytes);
    if (call !== undefined) this.#runs.set(name, call);
  }

  /**
   * @param {boolean} withRuns run what was loaded by an earlier boot; false: load it
   * @returns {Promise<(name: string) => { loads: true | string, status?: string, lines?: number, error?: string }>} of each object what became of it
   */
  async boot(withRuns) {
    const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    const runs = !withRuns ? [] : [...this.#runs].map(([name, { command, seconds }]) => {
      const options = [...(command === undefined ? [] : ['-c', quote(command)]), '-T', String(seconds ?? SECONDS)].join(' ');
      return `timeout -s INT -k 10 40 node ${CHECKOUT}/tools/stapkit/bin/stapkit-run.js ${options} /mnt/guest-out/objects/${name}.o < /dev/null > /mnt/guest-out/${name}.out 2> /mnt/guest-out/${name}.err; echo $? > /mnt/guest-out/${name}.status`;
    });
    writeFileSync(join(this.#folder, 'runs.sh'), `${runs.join('\n')}\n`);
    await runGuest({ kernel: KERNEL, out: this.#folder, timeoutSeconds: 3000, command: withRuns ? 'sh /mnt/guest-out/runs.sh' : `${this.#loadModules()}node ${CHECKOUT}/testing/corpus/load-objects.mjs /mnt/guest-out/objects > /mnt/guest-out/loaded.json` });
    const loaded = JSON.parse(readFileSync(join(this.#folder, 'loaded.json'), 'utf8'));
    const read = (file) => (existsSync(join(this.#folder, file)) ? readFileSync(join(this.#folder, file), 'latin1').trim() : '');
    return (name) => ({ loads: loaded[name]?.best.error ?? loaded[name]?.fallback.error ?? true, ...(withRuns && this.#runs.has(name) ? { status: read(`${name}.status`), lines: read(`${name}.out`).split('\n').filter(Boolean).length, error: read(`${name}.err`) } : {}) });
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
