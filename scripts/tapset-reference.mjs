#!/usr/bin/env node
/**
 * node scripts/tapset-reference.mjs: writes docs/tapset/, a page a subject, from the comments and declarations of packages/tapset/stp and
 * from docs/tapset/kernels.tsv. --kernels first writes that table: it compiles what is not in it yet, with --kernels=all everything, for
 * Debian's kernels of the guests (which are fetched; packages must be built). With --check nothing is written, and the status
 * is 1 when the pages or the table are not what the tapset says.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { kernelBtf } from './guest/kernel-btf.mjs';
import { fetchKernel } from './guest/kernel-package.mjs';
import { tapsetTypes } from './guest/module-btf.mjs';
import { guestCache } from './guest/run.mjs';

const KERNELS = ['5.10', '6.1', '6.12', '7.2'];
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const source = join(root, 'packages/tapset/stp');
const folder = join(root, 'docs/tapset');
const table = join(folder, 'kernels.tsv');
/** Their probes are marks of programs, which a kernel's types say nothing of. */
const OF_PROGRAMS = ['java.stp', 'node.stp', 'python.stp'];
/** Names with an underscore before them are the library's own, but for these, which scripts call. */
const CALLED_BY_SCRIPTS = /^__(ip|tcp|get_skb)_/;
const isPublic = (name) => !name.startsWith('_') || CALLED_BY_SCRIPTS.test(name);

/** The comment right above a line, as one line. */
function meaning(lines, at) {
  let first = at - 1;
  if (!lines[first]?.trimEnd().endsWith('*/')) return '';
  while (first > 0 && !lines[first].startsWith('/**')) first--;
  return lines.slice(first, at).map((line) => line.replace(/^\/?\*+\/?|^ \* ?/, '').replace(/\*\/\s*$/, '').trim()).join(' ').trim();
}

function functionsOf(lines) {
  return lines.flatMap((line, at) => {
    const [, name, result = '', params] = /^function (\w+)(?::(\w+))?\s*\((.*?)\)/.exec(line) ?? [];
    if (name === undefined || !isPublic(name)) return [];
    const reason = /%\{ refused (.*?) %\}/.exec(line)?.[1];
    const types = params === '' ? [] : params.split(',').map((one) => one.trim().split(':')[1] ?? 'long');
    return [{ kind: 'function', key: `function ${name}/${types.length}`, name, signature: `${name}(${params})${result === '' ? '' : `: ${result}`}`, types, result, reason, meaning: meaning(lines, at) }];
  });
}

/** Without those that differ by architecture, of which the file has one each, and by call. */
function unique(entries) {
  const first = new Map();
  for (const one of entries) {
    const known = first.get(one.key);
    if (known === undefined) first.set(one.key, one);
    // An alias of two calls that do the same: the variables that both have.
    else if (one.kind === 'alias') first.set(one.key, { ...known, variables: known.variables.filter((name) => one.variables.includes(name)) });
  }
  return [...first.values()];
}

function aliasesOf(lines) {
  return lines.flatMap((line, at) => {
    const names = /^probe (.*)$/.exec(line)?.[1]?.split(/\s\+?=\s(?!=)/) ?? [];
    // With underscores before them: parts of the library's own aliases.
    if (names.length < 2 || names[0].startsWith('__') || !/^[\w.]+$/.test(names[0])) return [];
    const end = lines.findIndex((one, index) => index >= at && (one.startsWith('}') || one.trimEnd().endsWith('{}') || (index === at && one.trimEnd().endsWith('}'))));
    const body = lines.slice(at, end + 1).join('\n');
    const variables = [...new Set([...body.matchAll(/(?:^|[{;])\s*(\w+) \.?=(?!=)/gm)].map(([, name]) => name).filter((name) => !name.startsWith('__')))];
    return [{ kind: 'alias', key: `probe ${names[0]}`, name: names[0], others: names.slice(1).filter((one) => /^[\w.]+$/.test(one.trim()) && !one.includes('(')), variables, meaning: meaning(lines, at) }];
  });
}

function macrosOf(lines) {
  return lines.flatMap((line, at) => {
    const [, name, params = ''] = /^@define (\w+)(\(.*?\))?\s*%\(/.exec(line) ?? [];
    return name === undefined || !isPublic(name) ? [] : [{ kind: 'macro', name, signature: `@${name}${params}`, meaning: meaning(lines, at) }];
  });
}

function subjects() {
  return readdirSync(source).sort().map((file) => {
    const lines = readFileSync(join(source, file), 'latin1').split('\n');
    const about = lines.find((line) => /^(\/\/|#) (?!Made by)/.test(line))?.replace(/^(\/\/|#) /, '') ?? '';
    return { file, about, functions: unique(functionsOf(lines)), aliases: unique(aliasesOf(lines)), macros: file.endsWith('.stpm') ? macrosOf(lines) : [] };
  }).filter(({ functions, aliases, macros }) => functions.length + aliases.length + macros.length > 0);
}

// ---- kernels -----------------------------------------------------------------

function readKernels() {
  return new Map(existsSync(table) ? readFileSync(table, 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t')) : []);
}

/** Probes that have the entry compiled: of the kernel; of the kernel with constants, which some arguments must be; of the process. */
function probesOf(entry) {
  if (entry.kind === 'alias') return [`probe ${entry.name} { println(pp()) ${entry.variables.map((name) => `print(${name})`).join(' ')} }`];
  const body = (number) => {
    const call = `${entry.name}(${entry.types.map((type) => (type === 'string' ? 'execname()' : number)).join(', ')})`;
    return entry.result === '' ? call : `print(${call})`;
  };
  return [`probe kernel.function("vfs_read") { ${body('tid()')} }`, `probe kernel.function("vfs_read") { ${body('1')} }`, `probe begin { ${body('tid()')} }`];
}

/** Entries that are compiled at once. */
const GROUP = 24;

async function checkKernels(entries) {
  const { loadCompiler, localTarget } = await import('@stapkit/cli-kit');
  const { compileScript } = await loadCompiler();
  const found = new Map(entries.map(({ key }) => [key, []]));
  for (const kernel of KERNELS) {
    const fetched = fetchKernel(kernel, guestCache());
    const target = localTarget({ btfFile: tapsetTypes(fetched, kernelBtf(fetched)) });
    const compiles = (text) => compileScript({ scripts: [{ file: 'reference.stp', text }], args: [], name: 'reference', target, guruMode: true, autoPrintGlobals: false }).object !== undefined;
    // Most compile, and many at once take little more than one: a group is divided where it does not.
    const check = (group, place, how) => {
      if (group.length === 0) return;
      if (compiles(group.map((entry) => probesOf(entry)[place]).join('\n'))) for (const { key } of group) found.get(key).push(how);
      else if (group.length > 1) for (const half of [group.slice(0, group.length / 2), group.slice(group.length / 2)]) check(half, place, how);
    };
    const isLeft = ({ key }) => !(found.get(key).at(-1) ?? '').startsWith(kernel);
    for (let at = 0; at < entries.length; at += GROUP) check(entries.slice(at, at + GROUP), 0, kernel);
    for (const place of [1, 2]) check(entries.filter((one) => one.kind === 'function' && isLeft(one)), place, place === 2 ? `${kernel}p` : kernel);
    process.stderr.write(`${kernel}: ${[...found.values()].filter((list) => list.at(-1)?.startsWith(kernel)).length} of ${entries.length}\n`);
  }
  return found;
}

// ---- pages -------------------------------------------------------------------

const cell = (text) => text.replaceAll('|', '\\|');

function kernelsText(list) {
  if (list === undefined) return 'not checked';
  // What asks for the configuration, too.
  if (list === '') return 'the running one';
  if (list === 'marks') return 'all';
  const kernels = list.split(' ');
  const versions = kernels.map((one) => one.replace('p', ''));
  const all = versions.length === KERNELS.length ? 'all' : versions.join(', ');
  return kernels.every((one) => one.endsWith('p')) ? `${all}; in begin, end and timer probes` : all;
}

function pageOf({ file, about, functions, aliases, macros }, kernels) {
  const parts = [`# ${file.replace(/\.stpm?$/, '').replaceAll('_', ' ')}`, '', 'Made by `node scripts/tapset-reference.mjs`: change the tapset, not this.', '', about, ''];
  const usable = functions.filter(({ reason }) => reason === undefined);
  if (usable.length > 0) parts.push('| function | what it gives or does | kernels |', '|---|---|---|', ...usable.map((one) => `| \`${cell(one.signature)}\` | ${cell(one.meaning)} | ${kernelsText(kernels.get(one.key))} |`), '');
  const refused = functions.filter(({ reason }) => reason !== undefined);
  if (refused.length > 0) parts.push('| refused | reason |', '|---|---|', ...refused.map((one) => `| \`${cell(one.signature)}\` | ${cell(one.reason)} |`), '');
  if (macros.length > 0) parts.push('| macro | what it stands for |', '|---|---|', ...macros.map((one) => `| \`${cell(one.signature)}\` | ${cell(one.meaning)} |`), '');
  if (aliases.length > 0) parts.push('| probe | variables | | kernels |', '|---|---|---|---|', ...aliases.map((one) => `| ${[one.name, ...one.others].map((name) => `\`${name}\``).join(' ')} | ${one.variables.map((name) => `\`${name}\``).join(' ')} | ${cell(one.meaning)} | ${kernelsText(kernels.get(one.key))} |`), '');
  return `${parts.join('\n').trimEnd()}\n`;
}

function indexOf(pages) {
  return [
    '# The tapset', '', 'Made by `node scripts/tapset-reference.mjs`: change the tapset, not this. Every function, macro and probe alias of the library, by subject,',
    'with the names of SystemTap\'s tapset. What differs from it stands in [differences.md](../differences.md).', '',
    `"Kernels" are those of ${KERNELS.join(', ')} (Debian's, x86-64) for whose types the function or alias compiles; that programs of it load and fire there,`,
    'only a guest shows: [probe-points.md](../probe-points.md) and the tests in `testing/src/guests` do.', '',
    '"The running one": it asks for the configuration of the kernel too, which only the running one and a kernel named by `-r` have.', '',
    '| subject | functions | macros | probes |', '|---|---|---|---|',
    ...pages.map(({ page, about, functions, macros, aliases }) => `| [${page.replace('.md', '')}](${page}): ${cell(about)} | ${functions.length} | ${macros.length} | ${aliases.length} |`), '',
  ].join('\n');
}

const all = subjects();
const entries = all.flatMap(({ file, functions, aliases }) => [...functions.filter(({ reason }) => reason === undefined), ...aliases.map((one) => ({ ...one, isMark: OF_PROGRAMS.includes(file) }))]);
const wanted = process.argv.find((word) => word.startsWith('--kernels'));
if (wanted !== undefined) {
  const known = wanted === '--kernels=all' ? new Map() : readKernels();
  const found = await checkKernels(entries.filter(({ key, isMark }) => !known.has(key) && isMark !== true));
  mkdirSync(folder, { recursive: true });
  const rows = entries.map(({ key, isMark }) => `${key}\t${isMark === true ? 'marks' : found.get(key)?.join(' ') ?? known.get(key)}`);
  writeFileSync(table, [`# Kernels for whose types each compiles (${KERNELS.join(', ')}); p: in probes of the process alone; marks: of programs. Made by scripts/tapset-reference.mjs --kernels.`, ...rows, ''].join('\n'));
}
const kernels = readKernels();
const pages = all.map((one) => ({ ...one, page: `${one.file.replace(/\.stp$/, '').replace(/\.stpm$/, '-macros')}.md` }));
const files = new Map([['README.md', indexOf(pages)], ...pages.map((one) => [one.page, pageOf(one, kernels)])]);
const problems = [
  ...all.flatMap(({ file, functions, macros }) => [...functions, ...macros].filter((one) => one.meaning === '' && one.reason === undefined).map(({ name }) => `${file}: ${name} has no comment that says what it means`)),
  ...entries.filter(({ key }) => !kernels.has(key)).map(({ key }) => `kernels.tsv: ${key} is not there: run with --kernels`),
  ...[...kernels.keys()].filter((key) => !entries.some((one) => one.key === key)).map((key) => `kernels.tsv: ${key} is no more`),
];
// Bytes of the tapset are kept as they are: texts of this file are ASCII.
if (process.argv.includes('--check')) {
  for (const [name, text] of files) if (!existsSync(join(folder, name)) || readFileSync(join(folder, name), 'latin1') !== text) problems.push(`docs/tapset/${name} is not what the tapset says: run node scripts/tapset-reference.mjs`);
} else for (const [name, text] of files) writeFileSync(join(folder, name), text, 'latin1');
for (const one of problems) process.stderr.write(`${one}\n`);
if (problems.length > 0) process.exitCode = 1;
