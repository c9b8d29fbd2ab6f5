#!/usr/bin/env node
/**
 * npm test: sets up what the tests need, then build, lint, unit and golden tests, verifier tests, end-to-end tests on
 * this machine and in Debian guests. Ends with one line `N passed, N failed`.
 * --no-guests leaves the guests out (said in the last lines); -t PATTERN and paths go to jest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDependencies, root } from './setup/build.mjs';
import { installTestPackages } from './setup/packages.mjs';

const args = process.argv.slice(2);
const run = (command, words, env = {}) => spawnSync(command, words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } }).status ?? 1;
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
step('lint');
gate('lint', nx('lint'));

function jest(name, words, env) {
  step(name);
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-test-'));
  const report = join(folder, 'report.json');
  const status = run(process.execPath, ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.js', '--json', '--outputFile', report, ...words], env);
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
jest('unit, golden and verifier tests', ['--rootDir', 'packages', ...own]);
jest('command tests', ['--rootDir', 'tools', ...own]);
jest('end to end on this machine', ['--rootDir', 'testing', '--runInBand', '--testPathIgnorePatterns', 'guest', ...own]);
if (args.includes('--no-guests')) process.stdout.write('\nthe guests were left out (--no-guests)\n');
else jest('end to end in Debian guests', ['--rootDir', 'testing', '--runInBand', '--testPathPatterns', 'guest', ...own]);

process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
