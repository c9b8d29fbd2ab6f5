/** What a session is given and what it gives back. */
import type { LoadOptions } from '../load/load-object.js';
import type { AttachOutcome, LoadedObject } from '../load/loaded-object.js';
import type { CommandExit, CommandUser, StartedCommand } from '../sys/command.js';
import type { Kernel } from '../sys/kernel.js';
import type { UnwindMode } from '@stapkit/object';
import type { Losses, WalkCounts } from './end-report.js';
import type { UnwindRowsStore } from '../unwind/unwind-files.js';
import type { FetchDebugFile } from '../stacks/module-symbols.js';
import type { SystemNames } from '../stacks/system-names.js';
import type { SessionMonitor } from './session-monitor.js';
import type { SessionClock } from './clock.js';
import type { WriteBytes } from './output-stream.js';

/** Told once, when the probes are armed (a script that exits in `begin` is never armed). */
export interface ArmedReport {
  readonly outcomes: readonly AttachOutcome[];
  /** -x PID or the pid of the command. */
  readonly target: number | undefined;
  /** Names of the addresses that the session meets; those that it has met can be asked for when it is over, too. */
  readonly names: SystemNames;
  /** What --monitor shows. */
  readonly monitor: SessionMonitor;
}

export interface SessionOptions {
  readonly kernel: Kernel;
  /** A compiled object, or what opens one. */
  readonly object: Uint8Array | (() => LoadedObject);
  readonly load?: LoadOptions | undefined;
  /** File descriptor of the script's output. Default: 1. Not closed. */
  readonly stdout?: number | undefined;
  /** Instead of write(2) to `stdout`. */
  readonly writeBytes?: WriteBytes | undefined;
  /** switch_file(): what `writeBytes` is given from here on goes to another file. Must not throw. */
  readonly nextFile?: (() => void) | undefined;
  /** Takes the script's output instead of `stdout`: whole entries, but a chunk may end in the middle of a line that the script prints in pieces. */
  readonly onText?: ((chunk: Buffer) => void) | undefined;
  /** Takes warnings and errors: whole lines, as byte strings. Default: file descriptor 2. */
  readonly stderr?: ((text: string) => void) | undefined;
  /** -x: target() gives it. The session goes on when it ends. */
  readonly targetPid?: number | undefined;
  /** -c: started held, let go when the probes are armed; the session ends with it. */
  readonly command?: string | undefined;
  /** File descriptor that the command's standard output goes to. Default: that of this process. */
  readonly commandOutput?: number | undefined;
  /** Whom the command of -c and those of system() run as. Default: as this process. */
  readonly commandUser?: CommandUser | undefined;
  /** -G NAME=VALUE of stapkit-run: other initial values of scalar globals. */
  readonly globals?: Readonly<Record<string, string>> | undefined;
  /** --prometheus: where `probe prometheus` is served by HTTP; 0: any free port. */
  readonly prometheusPort?: number | undefined;
  /** -T, counted from when the probes are armed. */
  readonly timeoutSeconds?: number | undefined;
  /** -v: no warning is suppressed as a repetition. */
  readonly verbose?: boolean | undefined;
  /** false (-w): no warnings. */
  readonly warnings?: boolean | undefined;
  /** --suppress-handler-errors: run-time errors and skipped probes are only counted. */
  readonly suppressHandlerErrors?: boolean | undefined;
  /** false: the times of probes (-t) are in the result alone, and not printed at the end. */
  readonly reportTimes?: boolean | undefined;
  readonly onArmed?: ((report: ArmedReport) => void) | undefined;
  /** Aborting ends the session as Ctrl-C does. */
  readonly signal?: AbortSignal | undefined;
  /** false: SIGINT, SIGTERM and SIGHUP are left to the caller. */
  readonly handleSignals?: boolean | undefined;
  /** How user stacks are found. Default: fp. */
  readonly unwind?: UnwindMode | undefined;
  /** Keeps unwind rows between runs. */
  readonly unwindRows?: UnwindRowsStore | undefined;
  /** Gets debug information that this machine lacks, for names of addresses. Waits; records that come meanwhile wait in the kernel. */
  readonly fetchDebugFile?: FetchDebugFile | undefined;
  // -- for tests ---------------------------------------------------------------
  readonly clock?: SessionClock | undefined;
  readonly startCommand?: ((command: string, output?: number, user?: CommandUser) => Promise<StartedCommand>) | undefined;
  readonly dieBySignal?: (() => void) | undefined;
}

/** How often a probe's handler ran to its end, and its nanoseconds; those are 0 when it did not. */
export interface ProbeTime {
  /** Index in the metadata's probes. */
  readonly probe: number;
  readonly hits: bigint;
  readonly min: bigint;
  readonly avg: bigint;
  readonly max: bigint;
}

export type EndReason =
  /** The script called exit(). */
  | 'exit'
  | 'command'
  | 'timeout'
  /** SIGINT, SIGTERM, SIGHUP or an AbortSignal. */
  | 'signal'
  /** More run-time errors than MAXERRORS, or more skipped probes than MAXSKIPPED. */
  | 'errors'
  /** The reader of the output went away. */
  | 'output-closed'
  /** The output could not be written. */
  | 'output-failed';

export interface SessionResult {
  /** stap's exit status. */
  readonly status: 0 | 1;
  readonly reason: EndReason;
  /** The probes were armed: `begin` ended without exit() or a signal. */
  readonly armed: boolean;
  /** Run-time errors, the tolerated ones too. */
  readonly errors: number;
  readonly skippedProbes: number;
  readonly lostRecords: number;
  readonly oversizeRecords: number;
  readonly missedReturns: number;
  /** Hits for which the kernel did not start the program, as the same one was under way on that CPU. */
  readonly missedRuns: number;
  /** Stacks that are empty in the output, because too many different ones came at once. */
  readonly lostStacks: number;
  /** Walks over user stacks by unwind rows. */
  readonly walks: WalkCounts;
  /** Look-ups of user addresses that gave no name, by reason. */
  readonly nameless: Losses['nameless'];
  /** Mappings of processes that were missed: names of addresses in processes that have ended may be missing. */
  readonly lostMappings: number;
  /** Processes whose mappings were forgotten, as more were seen than are remembered. */
  readonly forgottenProcesses: number;
  /** Of scripts compiled for it (-t): how often and how long handlers ran, probe by probe. */
  readonly times?: readonly ProbeTime[];
  /** How the command of -c ended; undefined when it was still running. */
  readonly command?: CommandExit;
}

/** The session was asked for something that cannot be. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(message);
    this.advice = advice;
  }
}
