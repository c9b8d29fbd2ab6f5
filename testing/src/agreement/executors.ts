/** One object with random scripts, run twice: in the kernel by BPF_PROG_TEST_RUN and by the host executor on maps of its own. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { localTarget } from '@stapkit/cli-kit';
import { compile, renderDiagnostic } from '@stapkit/core-compiler';
import type { Target, TargetFeatures } from '@stapkit/core-compiler';
import type { Limits, ObjectMetadata } from '@stapkit/object';
import { SESSION, SESSION_STATE } from '@stapkit/object';
import { HostProgram, OutputBuffer, RecordDecoder, ScriptError, createMemoryMaps, linuxKernel, loadObject, parseCpuList, setInitialGlobals } from '@stapkit/runtime';
import type { BpfMap, HostServices, Kernel, LoadedObject } from '@stapkit/runtime';
import { loadTapset } from '@stapkit/tapset';
import { recordingKernel } from './recording-kernel.js';
import type { RandomScript } from './random-script.js';
import { scriptAt, scriptText } from './script-text.js';

export interface Setting {
  readonly limits: Partial<Limits>;
  readonly features: Partial<TargetFeatures>;
}

/** What one side showed for one script: everything a user could see. */
export interface Shown {
  readonly output: readonly string[];
  readonly globals: string;
}

export interface Comparison {
  readonly kernel: Shown;
  readonly host: Shown;
}

/** Scripts cannot be compiled for a kernel probe. */
export class Refused extends Error {
  /** Which; empty when the messages do not tell. */
  readonly scripts: ReadonlySet<number>;
  readonly code: string;

  constructor(message: string, code: string, scripts: ReadonlySet<number>) {
    super(message);
    this.code = code;
    this.scripts = scripts;
  }
}

const BPF_PROG_TEST_RUN = 10;
const BPF_F_TEST_RUN_ON_CPU = 1;
const TEST_RUN_BYTES = 80;
const RING_BYTES = 1 << 20;
/** Records beyond the size of one are dropped with a count; then there is nothing to compare. */
export const OVERSIZE = 'oversize';

const tapset = loadTapset();
let local: Target | undefined;

function targetWith(features: Partial<TargetFeatures>): Target {
  local ??= localTarget();
  const base = local;
  return {
    arch: base.arch, kernelRelease: base.kernelRelease, config: () => undefined, btf: base.btf,
    features: { ...base.features, ...features, trampolines: false },
    readBinary: () => undefined, resolvePath: () => undefined,
  };
}

const FILE = 'random.stp';

/** Throws Refused, or what a bug of the compiler throws. */
export function compileScripts(scripts: readonly RandomScript[], setting: Setting): Uint8Array {
  const result = compile({
    scripts: [{ file: FILE, text: scriptText(scripts) }], args: [], tapset: [...tapset.files], syscallTable: '', target: targetWith(setting.features), name: 'random', limits: setting.limits, autoPrintGlobals: false,
  });
  if (result.object !== undefined) return result.object.bytes;
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  const places = errors.map(({ span }) => (span?.source.file === FILE ? scriptAt(scripts, span.source.text.slice(0, span.start).split('\n').length) : -1));
  throw new Refused(errors.map((one) => renderDiagnostic(one)).join('\n'), errors[0]?.code ?? '', new Set(places.includes(-1) ? [] : places));
}

const ownText = (path: string): string => readFileSync(path, 'latin1').trimEnd();
/**
 * The main thread stays on one CPU, so that test runs there are made by this process and not by another one's interrupt,
 * and a variance is put together on one CPU only: that of two CPUs' parts is rounded otherwise.
 */
function stayOnCpu(): number {
  const allowed = parseCpuList(/Cpus_allowed_list:\s*(\S+)/.exec(ownText('/proc/self/status'))?.[1] ?? '0');
  const cpu = allowed[process.pid % allowed.length] ?? 0;
  execFileSync('taskset', ['-p', '-c', String(cpu), String(process.pid)], { stdio: 'ignore' });
  return cpu;
}
const CPU = stayOnCpu();
const IDENTITY: ReturnType<HostServices['identity']> = {
  pid: BigInt(process.pid), tid: BigInt(process.pid), ppid: BigInt(process.ppid), uid: BigInt(process.getuid?.() ?? 0), euid: BigInt(process.geteuid?.() ?? 0), gid: BigInt(process.getgid?.() ?? 0), egid: BigInt(process.getegid?.() ?? 0),
  execname: ownText('/proc/self/comm'), cpu: () => BigInt(CPU),
};

/** Collects what one side prints. */
class Side implements HostServices {
  readonly program: HostProgram;
  readonly #now: () => bigint;
  #text = '';
  #messages: string[] = [];
  #errors = 0n;
  #stopping = false;

  constructor(metadata: ObjectMetadata, maps: ReadonlyMap<string, BpfMap>, possibleCpus: number, now: () => bigint) {
    this.#now = now;
    this.program = new HostProgram({ metadata, maps, possibleCpus, services: this });
    this.program.memory.store(SESSION.state, BigInt(SESSION_STATE.running));
    // Errors are compared, every one: none of them ends the handlers.
    this.program.memory.store(SESSION.errorLimit, 2n ** 62n);
  }

  print(text: string): void { this.#text += text; }
  warn(text: string): void { this.#messages.push(`warn ${text}`); }
  message(kind: string, text: string): void { this.#messages.push(`${kind} ${text}`); }
  exit(): void {
    this.#messages.push('exit');
    this.#stopping = true;
  }

  error(error: ScriptError): void {
    this.#messages.push(`error ${error.message} near ${error.location?.token ?? ''} column ${error.location?.column ?? 0}`);
    this.#errors += 1n;
  }

  /** One that the kernel's handler did not see: it went on. */
  printError(error: ScriptError): void { this.#messages.push(`print error ${error.message}`); }
  monotonicNs(): bigint { return this.#now(); }
  realtimeNs(): bigint { return 0n; }
  /** As in a timer probe beside kernel handlers: a sorted foreach leaves its array as it is, which kernel handlers always do. */
  kernelActive(): boolean { return true; }
  identity(): typeof IDENTITY { return IDENTITY; }

  /** A host probe to its end. */
  run(probe: number): void {
    try {
      this.program.runProbe(probe);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      this.error(error);
    }
  }

  /** Output and messages are streams of their own; how many statements made them does not show. */
  take(): readonly string[] {
    const shown = [this.#text, ...this.#messages];
    this.#text = '';
    this.#messages = [];
    return shown;
  }

  /** Whether the session would end, and how many errors were counted: by what the handler called. */
  takeOutcome(): string {
    const outcome = `errors ${String(this.#errors)}${this.#stopping ? ' stopping' : ''}`;
    this.#errors = 0n;
    this.#stopping = false;
    return outcome;
  }

  /** The same by the words of the session area; the session goes on. */
  takeSession(): string {
    const { memory } = this.program;
    const outcome = `errors ${String(memory.load(SESSION.errors))}${memory.load(SESSION.state) === BigInt(SESSION_STATE.running) ? '' : ' stopping'}`;
    memory.store(SESSION.errors, 0n);
    memory.store(SESSION.state, BigInt(SESSION_STATE.running));
    return outcome;
  }
}

function probesOf(metadata: ObjectMetadata, kind: 'begin' | 'end'): readonly number[] {
  return metadata.probes.flatMap(({ attach }, index) => (attach.kind === kind ? [index] : []));
}

/** The kernel did not take the script's program; a negative error number. */
export interface NotLoaded { readonly errno: number }

/**
 * Runs each script on both sides.
 * Throws Refused, and what loading throws when it is not a program's fault.
 */
export function compareScripts(scripts: readonly RandomScript[], setting: Setting): readonly (Comparison | NotLoaded)[] {
  const { kernel, programs } = recordingKernel(linuxKernel());
  const loaded = loadObject(kernel, compileScripts(scripts, setting), { ringBytes: RING_BYTES });
  try {
    return new Run(kernel, loaded, programs).compare(scripts);
  } finally {
    loaded.close();
  }
}

/** Loads the object of one script: throws what loading it throws. */
export function loadScript(script: RandomScript, setting: Setting): void {
  loadObject(linuxKernel(), compileScripts([script], setting), { ringBytes: RING_BYTES }).close();
}

class Run {
  readonly #loaded: LoadedObject;
  readonly #programs: readonly number[];
  readonly #inKernel: Side;
  readonly #inHost: Side;
  readonly #decoder: RecordDecoder;
  readonly #out = new OutputBuffer();
  readonly #runner: TestRunner;
  readonly #begins: readonly number[];
  readonly #ends: readonly number[];

  constructor(kernel: Kernel, loaded: LoadedObject, programs: readonly number[]) {
    const { metadata } = loaded;
    let tick = 0n;
    this.#loaded = loaded;
    this.#programs = programs;
    this.#inKernel = new Side(metadata, loaded.maps, loaded.possibleCpus, () => kernel.monotonicNs());
    this.#inHost = new Side(metadata, createMemoryMaps(metadata), 1, () => (tick += 1n));
    setInitialGlobals(this.#inHost.program, metadata, {});
    this.#decoder = new RecordDecoder(this.#inKernel.program, this.#out, this.#inKernel);
    this.#runner = new TestRunner(kernel);
    this.#begins = probesOf(metadata, 'begin');
    this.#ends = probesOf(metadata, 'end');
  }

  compare(scripts: readonly RandomScript[]): readonly (Comparison | NotLoaded)[] {
    return scripts.map((script, index) => {
      const program = this.#programs[index] ?? -1;
      return program < 0 ? { errno: program } : this.#script(script, index, program);
    });
  }

  #script({ runs }: RandomScript, index: number, program: number): Comparison {
    const [inKernel, inHost] = [this.#inKernel, this.#inHost];
    const kernelOutput: string[] = [];
    const hostOutput: string[] = [];
    for (let run = 0; run < runs; run += 1) {
      this.#runInKernel(program);
      kernelOutput.push(...inKernel.take(), inKernel.takeSession());
      inKernel.takeOutcome();
      inHost.run(this.#begins[index] ?? -1);
      hostOutput.push(...inHost.take(), inHost.takeOutcome());
    }
    const { memory } = inKernel.program;
    if (memory.load(SESSION.oversizeRecords) > 0n) {
      memory.store(SESSION.oversizeRecords, 0n);
      kernelOutput.push(OVERSIZE);
    }
    const lost = memory.load(SESSION.lostRecords) + memory.load(SESSION.skippedBusy);
    if (lost > 0n) kernelOutput.push(`lost ${String(lost)}`);
    inKernel.run(this.#ends[index] ?? -1);
    inHost.run(this.#ends[index] ?? -1);
    return { kernel: { output: kernelOutput, globals: inKernel.take().join('\n') }, host: { output: hostOutput, globals: inHost.take().join('\n') } };
  }

  #runInKernel(program: number): void {
    this.#runner.run(program);
    this.#loaded.records?.drain((buffer, start, end) => {
      this.#decoder.handle(buffer, start, end);
      if (this.#out.length > 0) this.#inKernel.print(this.#out.take().toString('latin1'));
    }, 1 << 20);
  }
}

class TestRunner {
  readonly #kernel: Kernel;
  readonly #attributes = new Uint8Array(TEST_RUN_BYTES);
  readonly #view = new DataView(this.#attributes.buffer);
  /** The tracepoint's arguments: no script reads them. */
  readonly #context = new Uint8Array(16);

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  run(program: number): void {
    this.#view.setUint32(0, program, true); // prog_fd
    this.#view.setUint32(40, this.#context.length, true); // ctx_size_in
    this.#view.setBigUint64(48, this.#kernel.address(this.#context), true); // ctx_in
    this.#view.setUint32(64, BPF_F_TEST_RUN_ON_CPU, true); // flags
    this.#view.setUint32(68, CPU, true); // cpu
    const result = this.#kernel.bpf(BPF_PROG_TEST_RUN, this.#attributes);
    if (result < 0) throw new Error(`BPF_PROG_TEST_RUN: error ${-result}`);
  }
}
