/** One object with random scripts, run twice: in the kernel by BPF_PROG_TEST_RUN and by the host executor on maps of its own. */
import { localTarget } from '@stapkit/cli-kit';
import { compile, renderDiagnostic } from '@stapkit/core-compiler';
import type { CompileResult, Target, TargetFeatures } from '@stapkit/core-compiler';
import type { Limits, ObjectMetadata } from '@stapkit/object';
import { SESSION } from '@stapkit/object';
import { OutputBuffer, RecordDecoder, createMemoryMaps, linuxKernel, loadObject, setInitialGlobals } from '@stapkit/runtime';
import type { Kernel, LoadedObject } from '@stapkit/runtime';
import { loadTapset } from '@stapkit/tapset';
import { recordingKernel } from './recording-kernel.js';
import type { Comparable } from './script-text.js';
import { joinScripts, scriptAt } from './script-text.js';
import { CPU, Side } from './side.js';

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
    arch: base.arch, kernelRelease: base.kernelRelease, config: (name) => base.config(name), btf: base.btf,
    features: { ...base.features, ...features, trampolines: false },
    readBinary: () => undefined, resolvePath: () => undefined,
  };
}

const FILE = 'random.stp';

/** Passes 1 to 4 of one text with all scripts. Throws what a bug of the compiler throws. */
export function compileText(text: string, setting: Setting): CompileResult {
  return compile({
    scripts: [{ file: FILE, text }], args: [], tapset: [...tapset.files], syscallTable: '', target: targetWith(setting.features), name: 'random', limits: setting.limits, autoPrintGlobals: false,
  });
}

/** Throws Refused, or what a bug of the compiler throws. */
function compileScripts(scripts: readonly Comparable[], setting: Setting): Uint8Array {
  const result = compileText(joinScripts(scripts), setting);
  if (result.object !== undefined) return result.object.bytes;
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  const places = errors.map(({ span }) => (span?.source.file === FILE ? scriptAt(scripts, span.source.text.slice(0, span.start).split('\n').length) : -1));
  throw new Refused(errors.map((one) => renderDiagnostic(one)).join('\n'), errors[0]?.code ?? '', new Set(places.includes(-1) ? [] : places));
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
export function compareScripts(scripts: readonly Comparable[], setting: Setting): readonly (Comparison | NotLoaded)[] {
  const { kernel, programs } = recordingKernel(linuxKernel());
  const loaded = loadObject(kernel, compileScripts(scripts, setting), { ringBytes: RING_BYTES });
  try {
    return new Run(kernel, loaded, programs).compare(scripts);
  } finally {
    loaded.close();
  }
}

/** Loads the object of one script: throws what loading it throws. */
export function loadScript(script: Comparable, setting: Setting): void {
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

  compare(scripts: readonly Comparable[]): readonly (Comparison | NotLoaded)[] {
    return scripts.map((script, index) => {
      const program = this.#programs[index] ?? -1;
      return program < 0 ? { errno: program } : this.#script(script, index, program);
    });
  }

  #script({ runs }: Comparable, index: number, program: number): Comparison {
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
