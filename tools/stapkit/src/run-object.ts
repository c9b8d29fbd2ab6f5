/** Pass 5 for stapkit and stapkit-run: a compiled object to its exit status. */
import { UnwindRowsCache, announceArmed, describeWays, exitStatusOf, fetchDebugFile, loadOptions, openKernel, waysTaken, type LocalTarget } from '@stapkit/cli-kit';
import type { ObjectMetadata, UnwindMode } from '@stapkit/object';
import { runSession, type CommandUser } from '@stapkit/runtime';
import { Monitor } from './monitor/monitor.js';
import { OutputFiles, type FileLimits } from './output-files.js';

export interface RunOptions {
  readonly command: string | undefined;
  readonly targetPid: number | undefined;
  /** Whom commands run as. Default: as this process. */
  readonly commandUser?: CommandUser | undefined;
  readonly output: string | undefined;
  readonly fileLimits: FileLimits | undefined;
  readonly timeoutSeconds: number | undefined;
  /** --prometheus. */
  readonly prometheusPort?: number | undefined;
  readonly ringMegabytes: number | undefined;
  readonly globals: ReadonlyMap<string, string>;
  /** --monitor. */
  readonly monitor?: { readonly intervalSeconds: number; readonly json: boolean } | undefined;
  readonly verbosity: number;
  readonly warnings: boolean;
  readonly suppressHandlerErrors?: boolean;
  readonly unwind?: UnwindMode | undefined;
  /** What the object was compiled for, if that was just now. */
  readonly target?: LocalTarget;
  /** Where output, unless it goes to a file, and messages go instead of file descriptors 1 and 2. */
  readonly io?: SessionOutlets;
}

/** A monitor that shows itself where the output goes. */
function monitorOf({ monitor, output, io }: RunOptions, metadata: ObjectMetadata | undefined): Monitor | undefined {
  return monitor === undefined || io !== undefined ? undefined : new Monitor({ ...monitor, keepsOutput: output === undefined }, metadata);
}

export interface SessionOutlets {
  readonly output: (bytes: Uint8Array) => void;
  /** Whole lines, as a byte string. */
  readonly message: (text: string) => void;
  /** The probes are armed. */
  readonly armed: () => void;
}

/** Runs an object. `metadata` (undefined for what is not one of ours: loading says why) is for messages. */
export async function runObject(bytes: Uint8Array, metadata: ObjectMetadata | undefined, options: RunOptions): Promise<number> {
  const files = options.output === undefined ? undefined : new OutputFiles(options.output, options.fileLimits);
  const monitor = monitorOf(options, metadata);
  const shown = monitor?.takesOutput === true ? { output: (bytes: Uint8Array) => { monitor.output(bytes); } } : options.io;
  const say = options.io?.message ?? ((text: string) => { process.stderr.write(Buffer.from(text, 'latin1')); });
  const nextFile = (): void => {
    try {
      files?.next();
    } catch (error) {
      say(`WARNING: the next file of -o cannot be opened, the output goes on to this one: ${(error as Error).message}\n`);
    }
  };
  const stays = (): void => { say('SIGQUIT: a session that runs in the foreground cannot be left running; begin it with -F\n'); };
  process.on('SIGUSR2', nextFile).on('SIGQUIT', stays);
  try {
    const result = await runSession({
      kernel: openKernel(),
      object: bytes,
      load: loadOptions({ verbose: options.verbosity, ringMegabytes: options.ringMegabytes, target: options.target }),
      ...(files === undefined && shown === undefined ? {} : { writeBytes: async (_fd: number, chunk: Uint8Array) => files?.write(chunk) ?? give(shown, chunk) }),
      nextFile,
      ...(monitor === undefined ? {} : { reportTimes: false }),
      ...(options.io === undefined ? {} : { stderr: options.io.message }),
      command: options.command,
      commandUser: options.commandUser,
      targetPid: options.targetPid,
      timeoutSeconds: options.timeoutSeconds,
      prometheusPort: options.prometheusPort,
      globals: Object.fromEntries(options.globals),
      verbose: options.verbosity > 0,
      warnings: options.warnings,
      suppressHandlerErrors: options.suppressHandlerErrors ?? false,
      unwind: options.unwind,
      unwindRows: new UnwindRowsCache(),
      fetchDebugFile,
      onArmed: ({ outcomes, monitor: session }) => {
        if (options.io === undefined) announceArmed();
        options.io?.armed();
        monitor?.begin(session);
        if (options.verbosity > 0 && metadata !== undefined) say(describeWays(waysTaken(metadata, outcomes)));
      },
    });
    monitor?.end();
    return exitStatusOf(result);
  } finally {
    monitor?.end();
    process.off('SIGUSR2', nextFile).off('SIGQUIT', stays);
    files?.close();
  }
}

function give(io: Pick<SessionOutlets, 'output'> | undefined, chunk: Uint8Array): number {
  io?.output(chunk);
  return chunk.length;
}
