#!/usr/bin/env node
/** node scripts/new-tool.mjs NAME 'Shows …, in one sentence.': a new tool in tools/NAME, of scripts/tool-template, listed where tools are. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const [name = '', summary = ''] = process.argv.slice(2);
const folder = join(root, 'tools', name);
if (!/^[a-z][a-z0-9-]*$/.test(name) || !/^[A-Z].{0,70}\.$/.test(summary)) fail("usage: node scripts/new-tool.mjs NAME 'Shows …, in one sentence of at most 72 characters.'");
if (existsSync(folder)) fail(`there is tools/${name} already`);

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}

/** The table of tools, in the order of their names. */
function withRow(lines, row) {
  const isRow = (line) => line.startsWith('| [`');
  const first = lines.findIndex(isRow);
  const rows = lines.filter(isRow);
  return [...lines.slice(0, first), ...[...rows, row].sort(), ...lines.slice(first + rows.length)];
}

const filled = (text) => text.replaceAll('TOOL_NAME', name).replaceAll('TOOL_CONSTANT', name.toUpperCase().replaceAll('-', '_')).replaceAll('TOOL_SUMMARY', summary);
const template = join(root, 'scripts/tool-template');
for (const entry of readdirSync(template, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const from = join(entry.parentPath ?? entry.path, entry.name);
  // Ending in .txt, TypeScript and package.json of the template are no part of this workspace.
  const to = join(folder, filled(relative(template, from)).replace(/\.txt$/, ''));
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, filled(readFileSync(from, 'utf8')));
  if (/^bin$/.test(basename(dirname(to))) && to.endsWith('.js')) chmodSync(to, 0o755);
}
const config = join(root, 'tsconfig.json');
const { references, ...rest } = JSON.parse(readFileSync(config, 'utf8'));
// In order, so that two new tools touch different lines. The command that lists the tools is built last.
const isTool = ({ path }) => path.startsWith('tools/') && path !== 'tools/stapkit';
const tools = [...references.filter(isTool), { path: `tools/${name}` }].sort((a, b) => (a.path < b.path ? -1 : 1));
const others = references.filter((one) => !isTool(one));
writeFileSync(config, `${JSON.stringify({ ...rest, references: [...others.slice(0, -1), ...tools, ...others.slice(-1)] }, undefined, 2)}\n`);
const readme = join(root, 'README.md');
writeFileSync(readme, withRow(readFileSync(readme, 'utf8').split('\n'), `| [\`${name}\`](tools/${name}/README.md) | ${summary.replace(/^(.)|\.$/g, (_, first = '') => first.toLowerCase())} |`).join('\n'));
process.stdout.write(`tools/${name}: now  npm install && npm run build && node tools/${name}/bin/${name}.js --help\n`);
