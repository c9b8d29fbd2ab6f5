/** Programs of the host that tests compare with. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const ONE_GIB = 1 << 30;

/** True when the program is in PATH. A test that needs it is skipped only when it is not there. */
export function hasTool(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(`${directory}/${name}`));
}

/** Standard output of a program; throws when it fails. */
export function run(command: string, ...parameters: readonly string[]): string {
  return execFileSync(command, parameters, { encoding: 'utf8', maxBuffer: ONE_GIB, stdio: ['ignore', 'pipe', 'pipe'] });
}
