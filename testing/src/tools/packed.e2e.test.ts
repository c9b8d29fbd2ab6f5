/** What npm would publish: every package packed, unpacked and installed into an empty folder, without the registry; each command starts there. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { CHECKOUT, COMMANDS, TOOL_PACKAGES, run } from '../checkout.js';

jest.setTimeout(300_000);

const folder = mkdtempSync(join(tmpdir(), 'stapkit-packed-'));
afterAll(() => { rmSync(folder, { recursive: true }); });

interface Manifest { readonly dependencies?: Readonly<Record<string, string>>; readonly optionalDependencies?: Readonly<Record<string, string>> }

/** Folders of what the packages need from elsewhere, as installed in this checkout: npm takes them as they are. */
function foreignFolders(): readonly string[] {
  const found = new Map<string, string>();
  const visit = (manifest: Manifest): void => {
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      const path = join(CHECKOUT, 'node_modules', name);
      if (name.startsWith('@stapkit/') || found.has(name) || statSync(path, { throwIfNoEntry: false }) === undefined) continue;
      found.set(name, path);
      visit(JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest);
    }
  };
  for (const kind of ['packages', 'tools']) for (const name of readdirSync(join(CHECKOUT, kind))) visit(JSON.parse(readFileSync(join(CHECKOUT, kind, name, 'package.json'), 'utf8')) as Manifest);
  return [...found.values()];
}

test('each command of the packed packages starts', async () => {
  const packed = join(folder, 'packed');
  const installed = join(folder, 'installed');
  for (const one of [packed, installed]) mkdirSync(one);
  const workspaces = ['packages', 'tools'].flatMap((kind) => readdirSync(join(CHECKOUT, kind)).map((name) => `./${kind}/${name}`));
  const { status, stderr } = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', packed, ...workspaces], { timeoutMs: 120_000 });
  expect([stderr, status]).toEqual(['', 0]);
  const tarballs = readdirSync(packed).map((name) => join(packed, name));
  expect(tarballs).toHaveLength(workspaces.length);
  writeFileSync(join(installed, 'package.json'), '{ "private": true }\n');
  // npm would go over each tarball several times, for checksums and its cache: half a minute.
  const unpacked = await Promise.all(tarballs.map(async (tarball, index) => {
    const target = join(installed, 'packages', String(index));
    mkdirSync(target, { recursive: true });
    expect((await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])).status).toBe(0);
    // Of a folder npm wants also what its tests need, of a published package never.
    const manifest = join(target, 'package.json');
    writeFileSync(manifest, JSON.stringify({ ...(JSON.parse(readFileSync(manifest, 'utf8')) as object), devDependencies: {} }));
    return target;
  }));
  const install = await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...unpacked, ...foreignFolders()], { cwd: installed, timeoutMs: 120_000 });
  expect([install.stderr, install.status]).toEqual(['', 0]);
  const started = await Promise.all([...COMMANDS.keys()].map(async (name) => {
    const { stdout, stderr: errors, status: end } = await run(join(installed, 'node_modules/.bin', name), ['--version'], { cwd: folder, timeoutMs: 60_000 });
    return [name, stdout.trim(), errors, end];
  }));
  expect(started).toEqual([...COMMANDS.keys()].map((name) => [name, '0.1.0', '', 0]));
  // A tool finds its script there.
  const script = await run(join(installed, 'node_modules/.bin/strace-open'), ['--print-script', '--comm', 'sh'], { cwd: folder });
  expect([script.stdout.includes('global only_comm = "sh" '), script.stderr, script.status]).toEqual([true, '', 0]);
  for (const [, { name, man = [] }] of TOOL_PACKAGES) for (const page of [man].flat()) expect(statSync(join(installed, 'node_modules', name, page)).size).toBeGreaterThan(1000);
});
