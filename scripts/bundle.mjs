#!/usr/bin/env node
/**
 * node scripts/bundle.mjs TOOL-FOLDER: bundles each command of a tool into dist/bundle/NAME.cjs, so that a
 * start reads two files (the command and koffi) instead of some two hundred. koffi stays outside: it finds its
 * native library beside itself. A tool that has a description (src/tool.ts, or else src/manual.ts) gets its man page (dist/man) and completions for bash, zsh
 * and fish (dist/completions) from it. The tapset's and the tool's own .stp files are copied next to the bundle, and V8's
 * compiled form of each script (bundle-start.cjs says why, bundle-code.cjs how).
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build, transform } from 'esbuild';
import { toolsBySubject } from './bundle-subjects.mjs';

const tool = resolve(process.argv[2] ?? '.');
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const { bin = {}, version } = JSON.parse(readFileSync(join(tool, 'package.json'), 'utf8'));
const out = join(tool, 'dist/bundle');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
// One build a command: built together, all commands of a tool would load what any of them needs.
for (const name of Object.keys(bin)) {
  const { outputFiles } = await build({
    entryPoints: [{ in: join(tool, 'dist', `${basename(bin[name], '.js')}.js`), out: name }],
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    splitting: true,
    chunkNames: `${name}-[hash]`,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['koffi'],
    legalComments: 'inline',
    logLevel: 'warning',
    write: false,
  });
  for (const { path, text } of outputFiles) writeFileSync(path, await asCommonJs(text));
}

/**
 * esbuild splits only modules, and only scripts can be loaded with their compiled form. Without blanks and comments there is
 * a third less to read at each start; names stay, for stack traces.
 */
async function asCommonJs(text) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__bundle_url' },
    banner: '"use strict"; const __bundle_url = require("node:url").pathToFileURL(__filename).href;',
    minifyWhitespace: true,
    lineLimit: 200,
    legalComments: 'inline',
  });
  // Escaped, they let V8 keep the text with a byte a character.
  const ascii = code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `(function (exports, require, module, __filename, __dirname) {${ascii}\n})\n`;
}

await writeManual();
if (bin.stapkit !== undefined) writeToolList();

/** Of the packages in tools/, for `stapkit tools`. */
function writeToolList() {
  writeFileSync(join(out, 'tools.json'), `${JSON.stringify(toolsBySubject(), undefined, 2)}\n`);
}

/** From each description that dist/tool.js exports; of a command without one, as its dist/manual.js gives them. */
async function writeManual() {
  const [module, own] = ['dist/tool.js', 'dist/manual.js'].map((file) => join(tool, file));
  if (!existsSync(module) && !existsSync(own)) return;
  const { SHELLS, completionScript, manPage, toolCommand } = await import(join(root, 'packages/cli-kit/dist/index.js'));
  for (const folder of ['man', 'completions']) {
    rmSync(join(tool, 'dist', folder), { recursive: true, force: true });
    mkdirSync(join(tool, 'dist', folder));
  }
  const write = (name, command, page, section = 8) => {
    writeFileSync(join(tool, 'dist/man', `${name}.${section}`), page);
    for (const shell of SHELLS) writeFileSync(join(tool, 'dist/completions', shell === 'zsh' ? `_${name}` : `${name}.${shell}`), completionScript(shell, command));
  };
  const descriptions = existsSync(module) ? Object.values(await import(module)).filter((one) => Array.isArray(one?.ways)) : [];
  for (const description of descriptions) {
    const command = toolCommand(description, version);
    write(description.name, command, manPage(description, command, version));
  }
  if (existsSync(own)) for (const { name, command, page, section } of (await import(own)).manuals(version)) write(name, command, page, section);
}

for (const data of ['stp', 'tables']) {
  const from = join(root, 'packages/tapset', data);
  if (existsSync(from)) cpSync(from, join(out, data), { recursive: true });
}
cpSync(join(root, 'packages/cli-kit/stp'), join(out, 'tool-stp'), { recursive: true });
for (const name of readdirSync(tool)) if (name.endsWith('.stp')) cpSync(join(tool, name), join(out, name));
copyFileSync(join(root, 'scripts/bundle-start.cjs'), join(out, 'start.cjs'));
for (const name of Object.keys(bin)) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/bundle-code.cjs'), out, name], { encoding: 'utf8' });
  process.stdout.write(stdout);
  if (status !== 0) throw new Error(`the compiled form of ${name} could not be made: ${stderr}`);
}
