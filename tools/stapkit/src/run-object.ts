/** Pass 5 for stapkit and stapkit-run: a compiled object to its exit status. */
import { UnwindRowsCache, announceArmed, describeWays, exitStatusOf, fetchDebugFile, loadOptions, openKernel, waysTaken, type LocalTarget } from '@stapkit/cli-kit';
import type { ObjectMetadata, UnwindMode } from '@stapkit/object';
import { runSession } from '@stapkit/runtime';
import { OutputFiles, type FileLimits } from './output-files.js';

export interface RunOptions {
  readonly command: string | undefined;
  readonly targetPid: number | undefined;
  readonly output: string | undefined;
  readonly fileLimits: FileLimits | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly ringMegabytes: number | undefined;
  readonly globals: ReadonlyMap<string, string>;
  readonly verbosity: number;
  readonly warnings: boolean;
  readonly suppressHandlerErrors?: boolean;
  readonly unwind?: UnwindMode | undefined;
  /** What the object was compiled for, if that was just now. */
  readonly target?: LocalTarget;
}

/** Runs an object. `metadata` (undefined for what is not one of ours: loading says why) is for messages. */
export async function runObject(bytes: Uint8Array, metadata: ObjectMetadata | undefined, options: RunOptions): Promise<number> {
  const files = options.output === undefined ? undefined : new OutputFiles(options.output, options.fileLimits);
  const nextFile = (): void => { files?.next(); };
  process.on('SIGUSR2', nextFile);
  try {
    return exitStatusOf(await runSession({
      kernel: openKernel(),
      object: bytes,
      load: loadOptions({ verbose: options.verbosity, ringMegabytes: options.ringMegabytes, target: options.target }),
      ...(files === undefined ? {} : { writeBytes: async (_fd: number, chunk: Uint8Array) => files.write(chunk) }),
      command: options.command,
      targetPid: options.targetPid,
      timeoutSeconds: options.timeoutSeconds,
      globals: Object.fromEntries(options.globals),
      verbose: options.verbosity > 0,
      warnings: options.warnings,
      suppressHandlerErrors: options.suppressHandlerErrors ?? false,
      unwind: options.unwind,
      unwindRows: new UnwindRowsCache(),
      fetchDebugFile,
      onArmed: ({ outcomes }) => {
        announceArmed();
        if (options.verbosity > 0 && metadata !== undefined) process.stderr.write(describeWays(waysTaken(metadata, outcomes)));
      },
    }));
  } finally {
    process.off('SIGUSR2', nextFile);
    files?.close();
  }
}
