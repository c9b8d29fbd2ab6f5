/** What one executor shows: its output, messages and errors; and who both executors say they are. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ObjectMetadata } from '@stapkit/object';
import { SESSION, SESSION_STATE } from '@stapkit/object';
import { HostProgram, ScriptError, parseCpuList } from '@stapkit/runtime';
import type { BpfMap, HostServices } from '@stapkit/runtime';

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
export const CPU = stayOnCpu();
const IDENTITY: ReturnType<HostServices['identity']> = {
  pid: BigInt(process.pid), tid: BigInt(process.pid), ppid: BigInt(process.ppid), uid: BigInt(process.getuid?.() ?? 0), euid: BigInt(process.geteuid?.() ?? 0), gid: BigInt(process.getgid?.() ?? 0), egid: BigInt(process.getegid?.() ?? 0),
  execname: ownText('/proc/self/comm'), cpu: () => BigInt(CPU),
};

/** Collects what one side prints. */
export class Side implements HostServices {
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
