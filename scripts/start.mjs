#!/usr/bin/env node
/** npm start: sets everything up and shows the toolkit at work, on connections of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildAll, installDependencies, root } from './setup/build.mjs';

if (process.platform !== 'linux') {
  process.stderr.write('npm start: stapkit traces Linux kernels; this is not Linux\n');
  process.exit(2);
}
if (process.getuid() !== 0) {
  process.stderr.write('npm start: loading BPF programs needs root: run  sudo npm start\n');
  process.exit(2);
}
installDependencies();
buildAll();
const { status } = spawnSync(process.execPath, [join(root, 'tools/tcp-fastopen/bin/tfo-watch.js'), '--demo'], { stdio: 'inherit' });
process.exitCode = status ?? 1;
