/** Lines of what a command prints, as it prints them: dumps of large files do not fit into memory. */
import { spawn, spawnSync } from 'node:child_process';

/** @returns {AsyncGenerator<string>} lines without their ends; throws when the command cannot be started or ends with a signal */
export async function* linesOf(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_status, signal) => (signal === null ? resolve() : reject(new Error(`${command} ended by ${signal}`))));
  });
  ended.catch(() => undefined);
  let rest = '';
  child.stdout.setEncoding('latin1');
  for await (const chunk of child.stdout) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    yield* lines;
  }
  if (rest !== '') yield rest;
  await ended;
}

/** Standard output for an input. */
export function ask(command, args, input) {
  const { stdout, status, error } = spawnSync(command, args, { input, encoding: 'latin1', maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'ignore'] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
  return stdout;
}

/** Counts what is equal, and keeps the first of what is not. */
export class Tally {
  compared = 0;
  different = 0;
  examples = [];

  constructor(name) {
    this.name = name;
  }

  check(place, have, want) {
    this.compared++;
    if (have === want) return;
    this.different++;
    if (this.examples.length < 5) this.examples.push(`${place}: ${have}; expected ${want}`);
  }

  print() {
    console.log(`  ${this.name}: ${this.compared} compared, ${this.different} different`);
    for (const example of this.examples) console.log(`    ${example}`);
    return this.different;
  }
}
