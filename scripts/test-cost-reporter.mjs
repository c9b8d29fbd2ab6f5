/**
 * A jest reporter: the processor time of each test file with the commands that it ran, the costliest first. It holds where jest runs
 * its files one after another in its own process (--runInBand): a file's time is what this process and its ended children took meanwhile.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const SHOWN = 25;

/** Seconds of the processor that this process and its ended children took (proc_pid_stat(5): utime, stime, cutime, cstime; 100 a second). */
function processorSeconds() {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ').slice(11, 15).map(Number);
  return { own: (fields[0] + fields[1]) / 100, commands: (fields[2] + fields[3]) / 100 };
}

export default class TestCostReporter {
  #before = processorSeconds();
  #costs = [];

  onTestFileResult({ path }) {
    const now = processorSeconds();
    this.#costs.push({ file: relative(process.cwd(), path), own: now.own - this.#before.own, commands: now.commands - this.#before.commands });
    this.#before = now;
  }

  onRunComplete() {
    const sum = (kind) => this.#costs.reduce((total, cost) => total + cost[kind], 0);
    const line = ({ file, own, commands }) => `${own.toFixed(1).padStart(7)} ${commands.toFixed(1).padStart(9)}  ${file}\n`;
    process.stdout.write(`processor seconds: the tests', their commands'\n${line({ file: 'all', own: sum('own'), commands: sum('commands') })}`);
    for (const cost of this.#costs.sort((a, b) => b.own + b.commands - a.own - a.commands).slice(0, SHOWN)) process.stdout.write(line(cost));
  }
}
