/** Where this checkout is, and how its commands are started in tests. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly uid?: number;
  readonly cwd?: string;
  /** Called with the child, e.g. to send it a signal when it is ready. */
  readonly started?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs a program to its end; kills it, and fails, at the time limit. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd: options.cwd ?? CHECKOUT,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString('latin1'); });
    child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString('latin1'); });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const limit = options.timeoutMs ?? 30_000;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} ${args.join(' ')}: no end after ${limit} ms\nstdout: ${stdout}\nstderr: ${stderr}`));
    }, limit);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout, stderr });
    });
    options.started?.(child);
  });
}

export interface ToolPackage {
  readonly name: string;
  readonly description?: string;
  /** Commands, and where they are below the package's folder. */
  readonly bin: Readonly<Record<string, string>>;
  /** Its man page or pages. */
  readonly man?: string | readonly string[];
}

/** The packages in tools/, by their folders' names. */
export const TOOL_PACKAGES: ReadonlyMap<string, ToolPackage> = new Map(readdirSync(`${CHECKOUT}tools`).filter((folder) => existsSync(`${CHECKOUT}tools/${folder}/package.json`)).map((folder) => [folder, JSON.parse(readFileSync(`${CHECKOUT}tools/${folder}/package.json`, 'utf8')) as ToolPackage]));

/** Files of all commands, by their names. */
export const COMMANDS: ReadonlyMap<string, string> = new Map([...TOOL_PACKAGES].flatMap(([folder, { bin }]) => Object.entries(bin).map(([name, file]) => [name, `tools/${folder}/${file}`] as const)));

/** Runs one of the project's commands with this node. */
export function stapkit(name: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const file = COMMANDS.get(name);
  if (file === undefined) throw new Error(`there is no command ${name} in tools/`);
  return run(process.execPath, [`${CHECKOUT}${file}`, ...args], options);
}
