#!/usr/bin/env node
/** node scripts/guest/arm64-points.mjs: probe points of arm64 in a guest of that architecture (testing/src/guests/arm64.part.ts); after a build. */
import { spawnSync } from 'node:child_process';

const root = new URL('../..', import.meta.url).pathname;
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.js', '--rootDir', 'testing', '--testMatch', '<rootDir>/src/guests/arm64.opt-in.ts'];
process.exitCode = spawnSync(process.execPath, jest, { cwd: root, stdio: 'inherit' }).status ?? 1;
