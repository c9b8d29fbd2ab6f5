#!/usr/bin/env node
/**
 * npm test: sets up what the tests need, then build, lint, unit and golden tests, verifier tests, end-to-end tests on
 * this machine and in Debian guests. Ends with one line `N passed, N failed`.
 * --no-guests leaves the guests out (said in the last lines); -t PATTERN and paths go to jest.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDependencies, root } from './setup/build.mjs';
import { installTestPackages } from './setup/packages.mjs';

const args = process.argv.slice(2);
const run = (command, words) => spawnSync(command, words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
const step = (text) => process.stdout.write(`\n== ${text}\n`);

installDependencies();
step('packages that the tests need');
const missing = installTestPackages();
if (missing.length > 0) process.stdout.write(`missing: ${missing.join(', ')}; the tests that need them will say so and fail\n`);

const totals = { passed: 0, failed: 0, skipped: 0 };
function gate(name, status) {
  if (status === 0) totals.passed += 1;
  else { totals.failed += 1; process.stdout.write(`FAILED: ${name}\n`); }
}
const nx = (target) => run(process.execPath, [process.env.npm_execpath ? 'node_modules/.bin/nx' : 'node_modules/.bin/nx', 'run-many', '-t', target, '--outputStyle=static']);
step('build');
gate('build', nx('build'));

/**
 * One ESLint for the whole tree, beside the unit tests: a process a project reads the same types eleven times.
 * The rule of the project graph says on its output when it cannot work, and passes; that is a failure here.
 */
function startLint() {
  const child = spawn(process.execPath, ['node_modules/eslint/bin/eslint.js', 'packages', 'tools', 'testing'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => { said += bytes; });
  return new Promise((resolve) => {
    child.on('close', (status) => {
      step('lint');
      process.stdout.write(said);
      resolve(said.includes('will be skipped') ? 1 : status ?? 1);
    });
  });
}
const linted = startLint();

/** Asynchronous, for what runs beside it. `quiet`: what it prints comes when it is through. */
async function jest(name, words, quiet = false) {
  if (!quiet) step(name);
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-test-'));
  const report = join(folder, 'report.json');
  const child = spawn(process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.js', '--json', '--outputFile', report, ...words], { cwd: root, stdio: ['ignore', ...(quiet ? ['pipe', 'pipe'] : ['inherit', 'inherit'])] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => { said.push(bytes); });
  const status = await new Promise((resolve) => { child.on('close', (code) => { resolve(code ?? 1); }); });
  if (quiet) {
    step(name);
    process.stdout.write(Buffer.concat(said));
  }
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += numPassedTests;
    totals.failed += numFailedTests + numRuntimeErrorTestSuites;
    totals.skipped += numPendingTests;
    if (status !== 0 && numFailedTests + numRuntimeErrorTestSuites === 0) totals.failed += 1;
  } else {
    totals.failed += 1;
    process.stdout.write(`FAILED: ${name} ended without a report (status ${status})\n`);
  }
  rmSync(folder, { recursive: true, force: true });
}
const own = args.filter((word) => word !== '--no-guests');
// jest prints its JSON to the file alone; --silent=false keeps what tests say they skipped.
await jest('unit, golden and verifier tests', ['--rootDir', 'packages', ...own]);
gate('lint', await linted);
await jest('command tests', ['--rootDir', 'tools', ...own]);
/**
 * Beside the tests on this machine, one guest at a time: a guest has one processor and sees nothing of this machine's. With them go the
 * tests that only compile; of those that load programs here, some count what is left when they end.
 */
const BESIDE = 'guest\\.test|language/examples\\.e2e|tapset-aliases-compile\\.e2e';
const guests = args.includes('--no-guests') ? undefined : jest('end to end in Debian guests, and what only compiles', ['--rootDir', 'testing', '--runInBand', '--testPathPatterns', BESIDE, ...own], true);
await jest('end to end on this machine', ['--rootDir', 'testing', '--runInBand', '--testPathIgnorePatterns', guests === undefined ? 'guest\\.test' : BESIDE, ...own]);
await guests;
if (guests === undefined) process.stdout.write('\nthe guests were left out (--no-guests)\n');

process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
