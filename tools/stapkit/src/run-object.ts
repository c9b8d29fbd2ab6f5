/** Pass 5 for stapkit and stapkit-run: a compiled object to its exit status. */
import { closeSync, openSync } from 'node:fs';
import { UsageError, announceArmed, openKernel, waysTaken } from '@stapkit/cli-kit';
import { decodeMetadata, readBpfObject, type ObjectMetadata } from '@stapkit/object';
import { runSession } from '@stapkit/runtime';

export interface RunOptions {
  readonly command: string | undefined;
  readonly targetPid: number | undefined;
  readonly output: string | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly globals: ReadonlyMap<string, string>;
  readonly verbosity: number;
  readonly warnings: boolean;
  readonly suppressHandlerErrors?: boolean;
}

function openOutput(file: string | undefined): number {
  if (file === undefined) return 1;
  try {
    return openSync(file, 'w', 0o644);
  } catch (error) {
    throw new UsageError(`cannot write to '${file}': ${(error as NodeJS.ErrnoException).code ?? String(error)}`, undefined, 1);
  }
}

/** Runs an object. `metadata` (undefined for what is not one of ours: loading says why) is for messages. */
export async function runObject(bytes: Uint8Array, metadata: ObjectMetadata | undefined, options: RunOptions): Promise<number> {
  const output = openOutput(options.output);
  try {
    const { status } = await runSession({
      kernel: openKernel(),
      object: bytes,
      load: { wholeLog: options.verbosity > 0 },
      stdout: output,
      command: options.command,
      targetPid: options.targetPid,
      timeoutSeconds: options.timeoutSeconds,
      globals: Object.fromEntries(options.globals),
      verbose: options.verbosity > 0,
      warnings: options.warnings,
      suppressHandlerErrors: options.suppressHandlerErrors ?? false,
      onArmed: ({ outcomes }) => {
        announceArmed();
        if (options.verbosity === 0 || metadata === undefined) return;
        const { ways, passedOver } = waysTaken(metadata, outcomes);
        if (ways.length > 0) process.stderr.write(`attached by ${ways.join(', ')}\n`);
        for (const reason of passedOver) process.stderr.write(`passed over: ${reason}\n`);
      },
    });
    return status;
  } finally {
    if (output !== 1) closeSync(output);
  }
}

/** Metadata of an object file; undefined when it is not one of ours (running it then says why). */
export function metadataOf(bytes: Uint8Array): ObjectMetadata | undefined {
  try {
    const text = readBpfObject(bytes).metadata;
    return text === undefined ? undefined : decodeMetadata(text);
  } catch {
    return undefined;
  }
}
