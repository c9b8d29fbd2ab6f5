/** Runs a tool's compiled script and hands its output over line by line. */
import { statSync } from 'node:fs';
import type { CompiledObject } from '@stapkit/core-compiler';
import { linuxKernel, runSession, type AttachOutcome, type SessionResult } from '@stapkit/runtime';
import type { ObjectMetadata } from '@stapkit/object';
import { announceArmed } from './armed.js';

export interface ToolArmed {
  /** Program kinds in use: "fentry", "kprobe" … */
  readonly ways: readonly string[];
  /** Why better ways were passed over, one line each. */
  readonly passedOver: readonly string[];
}

export interface ToolRun {
  readonly object: CompiledObject;
  readonly verbose: number;
  /** -c CMD: target() is its pid; ends with it. */
  readonly command?: string;
  readonly targetPid?: number;
  readonly durationSeconds?: number;
  /** Ends the session as Ctrl-C does. */
  readonly stop?: AbortSignal;
  readonly onArmed?: (armed: ToolArmed) => void;
  /** One line of the script's output, a byte string, without its newline. */
  readonly onLine: (line: string) => void;
}

export interface ToolEnd {
  readonly exitStatus: number;
  readonly result: SessionResult;
}

/** Cuts a stream of chunks into lines; a line may come in pieces. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }

  /** The last line, if it had no newline. */
  end(): void {
    if (this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }
}

/** Which kinds of program were attached, for a line that says how. */
export function waysTaken(metadata: ObjectMetadata, outcomes: readonly AttachOutcome[]): ToolArmed {
  const kinds = new Set<string>();
  for (const { plan, way } of outcomes)
    for (const index of metadata.plans[plan]?.ways[way]?.programs ?? []) {
      const program = metadata.programs[index];
      if (program?.role === 'handler') kinds.add(program.kind);
    }
  return { ways: [...kinds], passedOver: [...new Set(outcomes.flatMap((outcome) => outcome.passedOver))] };
}

/** Runs to the end. Rejects with AttachError and the like when the probes cannot be had. */
export async function runTool(run: ToolRun): Promise<ToolEnd> {
  const lines = new LineSplitter(run.onLine);
  const result = await runSession({
    kernel: linuxKernel(),
    object: run.object.bytes,
    load: { wholeLog: run.verbose > 0 },
    onText: (chunk) => { lines.push(chunk); },
    targetPid: run.targetPid,
    command: run.command,
    timeoutSeconds: run.durationSeconds,
    verbose: run.verbose > 0,
    signal: run.stop,
    onArmed: ({ outcomes }) => {
      const armed = waysTaken(run.object.metadata, outcomes);
      if (run.verbose > 0) for (const line of armed.passedOver) process.stderr.write(`passed over: ${line}\n`);
      run.onArmed?.(armed);
      announceArmed();
    },
  });
  lines.end();
  return { exitStatus: result.status, result };
}

/** Inode of a process's network namespace, as the kernel's ns.inum. */
export function networkNamespace(pid: number | 'self'): number {
  return statSync(`/proc/${pid}/ns/net`).ino;
}
