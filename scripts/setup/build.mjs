/** Installs and builds only when something changed since the last time, so that a second start is quick. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;
const npm = (args) => execFileSync('npm', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });

function stamped(name, current) {
  const file = join(root, 'node_modules/.cache/stapkit', name);
  const fresh = existsSync(file) && readFileSync(file, 'utf8') === current;
  return { fresh, keep: () => { mkdirSync(join(file, '..'), { recursive: true }); writeFileSync(file, current); } };
}

/** Size and time of every source file below packages/ and tools/, as one string. */
function sourceState() {
  const rows = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === 'dist' || entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else { const { mtimeMs, size } = statSync(path); rows.push(`${path} ${size} ${mtimeMs}`); }
    }
  };
  for (const folder of ['packages', 'tools', 'scripts']) walk(join(root, folder));
  return rows.sort().join('\n');
}

export function installDependencies() {
  const stamp = stamped('installed', `${process.version} ${readFileSync(join(root, 'package-lock.json'), 'utf8')}`);
  if (stamp.fresh) return;
  npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  stamp.keep();
}

export function buildAll() {
  const stamp = stamped('built', sourceState());
  if (stamp.fresh && existsSync(join(root, 'tools/tcp-fastopen/dist/bundle/tfo-watch.cjs'))) return;
  const built = spawnSync('node_modules/.bin/nx', ['run-many', '-t', 'build', '--outputStyle=static'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (built.status !== 0) {
    process.stderr.write(`${built.stdout}\nthe build failed: the lines above say why\n`);
    process.exit(1);
  }
  stamp.keep();
}

export { root };
