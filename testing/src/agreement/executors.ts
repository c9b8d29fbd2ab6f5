/** One object with random scripts, run twice: in the kernel by BPF_PROG_TEST_RUN and by the host executor on maps of its own. */
import { localTarget } from '@stapkit/cli-kit';
import { compile, renderDiagnostic } from '@stapkit/core-compiler';
import type { Target, TargetFeatures } from '@stapkit/core-compiler';
import type { Limits, ObjectMetadata } from '@stapkit/object';
import { SESSION, SESSION_STATE } from '@stapkit/object';
import { HostProgram, OutputBuffer, RecordDecoder, ScriptError, createMemoryMaps, linuxKernel, loadObject, setInitialGlobals } from '@stapkit/runtime';
import type { BpfMap, HostServices, Kernel } from '@stapkit/runtime';
import { loadTapset } from '@stapkit/tapset';
import type { RandomScript } from './random-script.js';
import { scriptText } from './script-text.js';

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

/** The script cannot be compiled for a kernel probe. */
export class Refused extends Error {}

const BPF_PROG_LOAD = 5;
const BPF_PROG_TEST_RUN = 10;
const BPF_F_TEST_RUN_ON_CPU = 1;
const TEST_RUN_BYTES = 80;
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

export function compileScripts(scripts: readonly RandomScript[], setting: Setting): Uint8Array {
  const result = compile({
    scripts: [{ file: 'random.stp', text: scriptText(scripts) }], args: [], tapset: [...tapset.files], syscallTable: '', target: targetWith(setting.features), name: 'random', limits: setting.limits, autoPrintGlobals: false,
  });
  if (result.object === undefined) throw new Refused(result.diagnostics.filter(({ severity }) => severity === 'error').map((one) => renderDiagnostic(one)).join('\n'));
  return result.object.bytes;
}

/** A kernel that remembers the programs it loaded, in their order. */
function recordingKernel(): { readonly kernel: Kernel; readonly programs: number[] } {
  const real = linuxKernel();
  const programs: number[] = [];
  const kernel = new Proxy(real, {
    get(target, name) {
      if (name === 'bpf') {
        return (command: number, attributes: Uint8Array) => {
          const result = target.bpf(command, attributes);
          if (command === BPF_PROG_LOAD && result >= 0) programs.push(result);
          return result;
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { kernel, programs };
}

/** Collects what one side prints. */
class Side implements HostServices {
  readonly program: HostProgram;
  readonly #now: () => bigint;
  #text = '';
  #messages: string[] = [];

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
  exit(): void { this.#messages.push('exit'); }
  error(error: ScriptError): void { this.#messages.push(`error ${error.message} near ${error.location?.token ?? ''} column ${error.location?.column ?? 0}`); }
  printError(error: ScriptError): void { this.error(error); }
  monotonicNs(): bigint { return this.#now(); }
  realtimeNs(): bigint { return 0n; }
  kernelActive(): boolean { return false; }
  identity(): never { throw new Error('no script asks for it'); }

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
}

function probesOf(metadata: ObjectMetadata, kind: 'begin' | 'end' | 'tracepoint'): readonly number[] {
  return metadata.probes.flatMap(({ attach }, index) => (attach.kind === kind ? [index] : []));
}

/** Runs each script on both sides. Throws Refused, VerifierError, InternalError. */
export function compareScripts(scripts: readonly RandomScript[], setting: Setting): readonly Comparison[] {
  const bytes = compileScripts(scripts, setting);
  const { kernel, programs } = recordingKernel();
  const loaded = loadObject(kernel, bytes, { ringBytes: 4 << 20 });
  try {
    const { metadata } = loaded;
    let tick = 0n;
    const inKernel = new Side(metadata, loaded.maps, loaded.possibleCpus, () => kernel.monotonicNs());
    const hostMaps = createMemoryMaps(metadata);
    const inHost = new Side(metadata, hostMaps, 1, () => (tick += 1n));
    setInitialGlobals(inHost.program, metadata, {});
    const out = new OutputBuffer();
    const decoder = new RecordDecoder(inKernel.program, out, inKernel);
    const begins = probesOf(metadata, 'begin');
    const ends = probesOf(metadata, 'end');
    const runner = new TestRunner(kernel);
    return scripts.map((script, index) => {
      const kernelOutput: string[] = [];
      const hostOutput: string[] = [];
      for (let run = 0; run < script.runs; run += 1) {
        runner.run(programs[index] ?? -1);
        loaded.records?.drain((buffer, start, end) => {
          decoder.handle(buffer, start, end);
          if (out.length > 0) inKernel.print(out.take().toString('latin1'));
        }, 1 << 20);
        kernelOutput.push(...inKernel.take(), '--');
        inHost.run(begins[index] ?? -1);
        hostOutput.push(...inHost.take(), '--');
      }
      if (inKernel.program.memory.load(SESSION.oversizeRecords) > 0n) {
        inKernel.program.memory.store(SESSION.oversizeRecords, 0n);
        kernelOutput.push(OVERSIZE);
      }
      const lost = inKernel.program.memory.load(SESSION.lostRecords) + inKernel.program.memory.load(SESSION.skippedBusy);
      if (lost > 0n) kernelOutput.push(`lost ${String(lost)}`);
      inKernel.run(ends[index] ?? -1);
      inHost.run(ends[index] ?? -1);
      return { kernel: { output: kernelOutput, globals: inKernel.take().join('\n') }, host: { output: hostOutput, globals: inHost.take().join('\n') } };
    });
  } finally {
    loaded.close();
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
    // Always the same CPU: a variance put together from two CPUs' parts is rounded otherwise than one CPU's.
    this.#view.setUint32(64, BPF_F_TEST_RUN_ON_CPU, true); // flags; cpu is 0
    const result = this.#kernel.bpf(BPF_PROG_TEST_RUN, this.#attributes);
    if (result < 0) throw new Error(`BPF_PROG_TEST_RUN: error ${-result}`);
  }
}
