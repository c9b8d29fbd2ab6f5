/** Runs a tool's compiled script and hands its output over line by line. */
import { existsSync } from 'node:fs';
import type { RunnableObject } from './obtain-object.js';
import { linuxKernel, loadObject, runSession, type AttachOutcome, type SessionResult, type SystemNames } from '@stapkit/runtime';
import type { ObjectMetadata, UnwindMode } from '@stapkit/object';
import { announceArmed } from './armed.js';
import { textOfBytes } from './byte-text.js';
import { fetchDebugFile } from './debuginfod.js';
import { EXIT } from './exit-codes.js';
import { loadOptions } from './load-options.js';
import type { LocalTarget } from './local-target.js';
import { UnwindRowsCache } from './unwind-rows-cache.js';

export interface ToolArmed {
  /** Program kinds in use: "fentry", "kprobe" … */
  readonly ways: readonly string[];
  /** Why better ways were passed over, one line each. */
  readonly passedOver: readonly string[];
}

export interface ToolRun {
  readonly object: RunnableObject;
  /** What it was compiled for. */
  readonly target?: LocalTarget;
  readonly verbose: number;
  /** Initial values of the script's globals, as stapkit-run takes them. Throws for one that the object does not have. */
  readonly globals?: ReadonlyMap<string, string>;
  /** -c CMD: target() is its pid; ends with it. */
  readonly command?: string;
  /** File descriptor of the command's standard output. Default: that of this process. */
  readonly commandOutput?: number;
  /** What target() is, as -x PID does. */
  readonly targetPid?: number;
  /** How user stacks are found. Default: fp. */
  readonly unwind?: UnwindMode;
  /** The caller tells of errors of handlers, of losses and of a command that failed; they are in the result. */
  readonly quiet?: boolean;
  /** Ends when none of these processes or threads is left. */
  readonly endWithPids?: readonly number[];
  readonly durationSeconds?: number;
  /** Ends the session as Ctrl-C does. */
  readonly stop?: AbortController;
  /** @param names of the addresses that the session meets, also when it is over */
  readonly onArmed?: (armed: ToolArmed, names: SystemNames) => void;
  /** One line of the script's output as text, without its newline. */
  readonly onLine: (line: string) => void;
}

export interface ToolEnd {
  readonly exitStatus: number;
  readonly result: SessionResult;
}

/** Cuts a stream of chunks into lines; a line may come in pieces. Lines are byte strings. */
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

/** For -v: how probes were attached, and why not better. */
export function describeWays({ ways, passedOver }: ToolArmed): string {
  return [...(ways.length === 0 ? [] : [`attached by ${ways.join(', ')}`]), ...passedOver.map((reason) => `passed over: ${reason}`)].map((line) => `${line}\n`).join('');
}

/** A session's end as a tool's exit status. */
export function exitStatusOf({ status, armed, reason }: Pick<SessionResult, 'status' | 'armed' | 'reason'>): number {
  return !armed && reason === 'signal' ? EXIT.interrupted : status;
}

/** A flag whose global is not in the script would filter nothing. */
function knownGlobals(globals: ReadonlyMap<string, string> = new Map(), metadata: ObjectMetadata): Readonly<Record<string, string>> {
  const known = new Set(metadata.globals.map(({ name }) => name));
  for (const name of globals.keys()) if (!known.has(name)) throw new Error(`the script has no global '${name}' that can be set`);
  return Object.fromEntries(globals);
}

const LOOK_AT_PROCESS_MS = 500;

/** Runs to the end. Rejects with AttachError and the like when the probes cannot be had. */
export async function runTool(run: ToolRun): Promise<ToolEnd> {
  const globals = knownGlobals(run.globals, run.object.metadata);
  const lines = new LineSplitter((line) => { run.onLine(textOfBytes(line)); });
  const kernel = linuxKernel();
  const stop = run.stop ?? new AbortController();
  let watch: NodeJS.Timeout | undefined;
  try {
    const result = await runSession({
      kernel,
      object: () => loadObject(kernel, run.object.bytes, loadOptions({ verbose: run.verbose, target: run.target })),
      onText: (chunk) => { lines.push(chunk); },
      globals,
      command: run.command,
      commandOutput: run.commandOutput,
      targetPid: run.targetPid,
      ...(run.unwind === undefined ? {} : { unwind: run.unwind, unwindRows: new UnwindRowsCache() }),
      fetchDebugFile,
      ...(run.quiet === true ? { warnings: false, suppressHandlerErrors: true } : {}),
      timeoutSeconds: run.durationSeconds,
      verbose: run.verbose > 0,
      signal: stop.signal,
      onArmed: ({ outcomes, names }) => {
        const armed = waysTaken(run.object.metadata, outcomes);
        if (run.verbose > 0) process.stderr.write(describeWays(armed));
        const pids = run.endWithPids;
        if (pids !== undefined) watch = setInterval(() => { if (!pids.some((pid) => existsSync(`/proc/${pid}`))) stop.abort(); }, LOOK_AT_PROCESS_MS);
        run.onArmed?.(armed, names);
        announceArmed();
      },
    });
    lines.end();
    return { exitStatus: exitStatusOf(result), result };
  } finally {
    clearInterval(watch);
  }
}

/** For --dry-run: loads and attaches, and detaches at once; no handler does anything meanwhile. Throws what {@link runTool} throws. */
export function tryTool(run: Pick<ToolRun, 'object' | 'target' | 'verbose'>): ToolArmed {
  const loaded = loadObject(linuxKernel(), run.object.bytes, loadOptions({ verbose: run.verbose, target: run.target }));
  try {
    return waysTaken(run.object.metadata, loaded.attach({}));
  } finally {
    loaded.close();
  }
}
