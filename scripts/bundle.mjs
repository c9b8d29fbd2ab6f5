#!/usr/bin/env node
/**
 * node scripts/bundle.mjs TOOL-FOLDER: bundles each command of a tool into dist/bundle/NAME.mjs, so that a
 * start reads two files (the command and koffi) instead of some two hundred. koffi stays outside: it finds its
 * native library beside itself. The tapset's and the tool's own .stp files are copied next to the bundle.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

const tool = resolve(process.argv[2] ?? '.');
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const { bin = {} } = JSON.parse(readFileSync(join(tool, 'package.json'), 'utf8'));
const out = join(tool, 'dist/bundle');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
// One build a command: built together, all commands of a tool would load what any of them needs.
for (const name of Object.keys(bin)) {
  await build({
    entryPoints: [{ in: join(tool, 'dist', `${basename(bin[name], '.js')}.js`), out: name }],
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    chunkNames: `${name}-[hash]`,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi'],
    // CommonJS dependencies (commander, cli-table3) call require() for node's own modules.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    legalComments: 'inline',
    logLevel: 'warning',
  });
}
for (const data of ['stp', 'tables']) {
  const from = join(root, 'packages/tapset', data);
  if (existsSync(from)) cpSync(from, join(out, data), { recursive: true });
}
for (const name of readdirSync(tool)) if (name.endsWith('.stp')) cpSync(join(tool, name), join(out, name));
