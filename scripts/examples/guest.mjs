/** The examples on Debian 12's kernel: compiled here for it, loaded and run in guests, a few in each boot. */
import { copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { localTarget } from '@stapkit/cli-kit';
import { kernelBtf } from '../guest/kernel-btf.mjs';
import { fetchKernel } from '../guest/kernel-package.mjs';
import { loadModules } from '../guest/load-modules.mjs';
import { writeModuleTypes } from '../guest/module-btf.mjs';
import { guestCache, runGuest } from '../guest/run.mjs';
import { runWords } from './calls.mjs';

const KERNEL = '6.1';
const CHECKOUT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
/** Modules that examples probe. */
const MODULES = ['nfsd', 'nfs', 'sunrpc', 'autofs4', 'bridge', 'br_netfilter', 'xfs', 'scsi_mod', 'sd_mod', 'kvm', 'dccp', 'dccp_ipv4', 'dccp_ipv6', 'floppy'];
/** Of these, those that scripts which compile probe: they must be there when an object is loaded, with what they need. libcrc32c asks for crc32c by name, scsi_debug gives a disk. */
const LOADED = { crc32c_generic: '', nfsd: '', nfs: '', kvm: '', bridge: '', xfs: '', sd_mod: '', scsi_debug: 'dev_size_mb=8' };
/** Something to see: without it nothing happens in the guest but the session itself. */
const ACTIVITY = 'while :; do cat /etc/passwd > /tmp/activity; dd if=/dev/sda of=/dev/null bs=4k count=1 iflag=direct; busybox wget -q -O /dev/null http://127.0.0.1:9/; rm /tmp/activity; sleep 0.3; done > /dev/null 2>&1 & ';

/** Of a run in the guest, start and end of the session included: software emulation takes ten times what a processor does. */
const LIMIT_SECONDS = 180;
/** Of an object of LARGE_BYTES: the verifier alone takes it minutes there. */
const LARGE_LIMIT_SECONDS = 900;
/** Seconds from an interrupt to the end. */
const GRACE_SECONDS = 20;
/** Runs of a boot: what a guest that hangs costs, and how often the report is written. */
const RUNS_A_BOOT = 15;
/** Objects beyond that are loaded in a boot of their own. */
const LARGE_BYTES = 4 << 20;

export class ExamplesGuest {
  #folder;
  #keeps;
  #wantsDebugInformation;
  #modules;

  /** @param folder keeps what became of each script, so that another call goes on where this one ended; undefined: nothing is kept */
  constructor(wantsDebugInformation = true, folder = undefined) {
    this.#wantsDebugInformation = wantsDebugInformation;
    this.#keeps = folder !== undefined;
    this.#folder = folder === undefined ? mkdtempSync(join(tmpdir(), 'stapkit-examples-')) : resolve(folder);
    for (const name of ['objects', 'loading', 'runs']) mkdirSync(join(this.#folder, name), { recursive: true });
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

  #object(name) {
    return join(this.#folder, 'objects', `${name}.o`);
  }

  #isLarge(name) {
    return statSync(this.#object(name)).size > LARGE_BYTES;
  }

  /** Of this call, or of an earlier one with the same folder. */
  hasObject(name) {
    return existsSync(this.#object(name));
  }

  add(name, bytes) {
    writeFileSync(this.#object(name), bytes);
  }

  #read(file) {
    const path = join(this.#folder, file);
    return existsSync(path) ? readFileSync(path, 'latin1').trim() : '';
  }

  #loaded() {
    return JSON.parse(this.#read('loaded.json') || '{}');
  }

  /** Loads the objects that no earlier call has: large ones each in a boot of its own. */
  async load(names) {
    const waiting = names.filter((name) => this.hasObject(name) && this.#loaded()[name] === undefined);
    const small = waiting.filter((name) => !this.#isLarge(name));
    for (const boot of [...(small.length === 0 ? [] : [small]), ...waiting.filter((name) => this.#isLarge(name)).map((name) => [name])]) {
      const folder = join(this.#folder, 'loading');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const name of boot) linkSync(this.#object(name), join(folder, `${name}.o`));
      rmSync(join(this.#folder, 'loading.json'), { force: true });
      await this.#boot(`node ${CHECKOUT}/testing/corpus/load-objects.mjs /mnt/guest-out/loading > /mnt/guest-out/loading.json`);
      const seen = JSON.parse(this.#read('loading.json') || '{}');
      for (const name of boot) seen[name] ??= { best: { error: 'the guest ended before an answer' } };
      writeFileSync(join(this.#folder, 'loaded.json'), JSON.stringify({ ...this.#loaded(), ...seen }));
    }
    return this.#seen();
  }

  /**
   * Runs what has not been run, some in each boot: yields what became of all so far after each of them.
   * @param {Map<string, object | undefined>} calls of what is to be run
   */
  async *run(calls) {
    const loaded = this.#seen();
    const isToRun = (name) => loaded(name).loads === true && !existsSync(join(this.#folder, 'runs', `${name}.status`));
    const waiting = [...calls.keys()].filter(isToRun);
    for (let first = 0; first < waiting.length; first += RUNS_A_BOOT) {
      const runs = waiting.slice(first, first + RUNS_A_BOOT);
      writeFileSync(join(this.#folder, 'runs.sh'), `${runs.map((name) => this.#runLine(name, calls.get(name))).join('\n')}\n`);
      await this.#boot(`${ACTIVITY}sh /mnt/guest-out/runs.sh`);
      // One that took the guest with it is not tried again.
      for (const name of runs.filter(isToRun)) if (existsSync(join(this.#folder, 'runs', `${name}.err`))) writeFileSync(join(this.#folder, 'runs', `${name}.status`), '');
      yield this.#seen();
    }
    if (waiting.length === 0) yield loaded;
  }

  #runLine(name, call) {
    const { options, before, after } = runWords(call);
    // What no check runs may be a game, which asks its terminal for its size.
    const terminal = call === undefined;
    const to = `/mnt/guest-out/runs/${name}`;
    const limits = `timeout -s INT -k ${GRACE_SECONDS} ${(this.#isLarge(name) ? LARGE_LIMIT_SECONDS : LIMIT_SECONDS) + (call?.seconds ?? 0)}`;
    const command = `node ${CHECKOUT}/tools/stapkit/bin/stapkit-run.js ${options} /mnt/guest-out/objects/${name}.o`;
    return `cd '${call?.folder ?? '/'}'; start=$(date +%s); ${before}${limits} ${terminal ? `script -qec '${command}' /dev/null` : command}${after} > ${to}.out 2> ${to}.err; echo $? > ${to}.status; echo $(($(date +%s) - start)) > ${to}.seconds`;
  }

  #boot(command) {
    const kernel = fetchKernel(KERNEL, guestCache());
    this.#modules ??= loadModules(kernel, LOADED, join(this.#folder, 'modules'), '/mnt/guest-out/modules');
    return runGuest({ kernel: KERNEL, out: this.#folder, timeoutSeconds: 3000, command: `${this.#modules}${command}` });
  }

  /** @returns {(name: string) => { loads: true | string, status?: string, lines?: number, error?: string }} of each object what became of it */
  #seen() {
    const loaded = this.#loaded();
    const ran = (name) => {
      const lines = this.#read(`runs/${name}.out`).split('\n').filter(Boolean);
      // On a terminal both streams are one.
      return { status: this.#read(`runs/${name}.status`), lines: lines.length, error: this.#read(`runs/${name}.err`) || (lines.find((line) => line.startsWith('ERROR')) ?? '') };
    };
    return (name) => ({ loads: loaded[name] === undefined ? 'not tried' : loaded[name].best.error ?? loaded[name].fallback.error ?? true, ...(existsSync(join(this.#folder, 'runs', `${name}.status`)) ? ran(name) : {}) });
  }

  remove() {
    if (!this.#keeps) rmSync(this.#folder, { recursive: true, force: true });
  }
}
