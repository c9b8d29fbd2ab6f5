#!/usr/bin/env node
/**
 * node scripts/examples-report.mjs: runs passes 1, 2 and 4 over every script of Debian's systemtap-doc and writes
 * docs/examples-report.md. With --check nothing is written, and it fails when a script does not parse, or when the language or
 * a mistake of the compiler keeps one from compiling. Arguments come from the test_check lines of the scripts' .meta files.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { release } from 'node:os';
import { loadCompiler, localTarget } from '@stapkit/cli-kit';

const FOLDERS = ['/usr/share/systemtap/examples', '/usr/share/doc/systemtap/examples'];
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const target = localTarget();
const { compileScript } = await loadCompiler();

/** Words of a command line, with '…' and "…". */
const words = (line) => [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]);

/** Options of stap that take a value. */
const VALUED = new Set(['-c', '-x', '-d', '-I', '-D', '-G', '-s', '-m', '-o', '-e', '-r']);

/** What the .meta file says the script is to be called with. */
function callOf(file) {
  const meta = file.replace(/\.stp$/, '.meta');
  const call = { args: [], globals: new Map(), command: undefined };
  const line = existsSync(meta) ? readFileSync(meta, 'latin1').split('\n').find((one) => one.startsWith('test_check:')) : undefined;
  const given = line === undefined ? [] : words(line.slice('test_check:'.length).split(';').find((part) => part.includes('stap ')) ?? '');
  let seen = false;
  for (let index = 1; index < given.length; index++) {
    const word = given[index];
    if (word === '-G') {
      const [name, value = ''] = given[++index].split(/=(.*)/s);
      call.globals.set(name, value);
    } else if (word === '-c') call.command = words(given[++index])[0];
    else if (VALUED.has(word)) index++;
    else if (word.endsWith('.stp') && !seen) seen = true;
    else if (seen && !(word.startsWith('-') && word.length > 1 && !/^-\d/.test(word))) call.args.push(word);
  }
  // What the shell would have put in: a process, an address.
  call.args = call.args.map((word) => (/^\$+$|^\$!$/.test(word) ? '1' : word.includes('`') ? '0x1000' : word));
  return call;
}

/** Where no .meta says it: a probe point and some values. */
const OTHER_ARGUMENTS = [['1', '2', '3', '4'], ['begin', 'end', '3', '4'], ['kernel', 'vfs_read', '1'], []];

/** Files that are no whole scripts. */
const PARTS = new Map([
  ['security-bandaid-template.stp', 'a template with placeholders'],
]);

function run(file) {
  const text = readFileSync(file, 'latin1');
  const call = callOf(file);
  // Probes of a process of which nothing is said: one that every machine has.
  const input = { scripts: [{ file: basename(file), text }], target, name: 'x', globalOverrides: call.globals, guruMode: true, command: call.command ?? '/bin/true' };
  const lists = call.args.length > 0 ? [call.args] : [[], ...OTHER_ARGUMENTS];
  let parsed;
  for (const args of lists) {
    parsed = { args, result: compileScript({ ...input, args, until: 'parse' }) };
    if (!failed(parsed.result)) break;
  }
  if (failed(parsed.result)) return { parses: false, result: parsed.result };
  const result = compileScript({ ...input, args: parsed.args, until: 'elaborate' });
  if (failed(result)) return { parses: true, elaborates: false, result };
  let whole;
  try {
    whole = compileScript({ ...input, args: parsed.args });
  } catch (error) {
    // A stage's own mistake must not keep the others' results from being seen.
    whole = { diagnostics: [{ severity: 'error', code: 'internal', message: error.message, stack: error.stack }] };
    process.stderr.write(`${file}: ${error.message}\n`);
  }
  return { parses: true, elaborates: true, compiles: !failed(whole), result: whole };
}

const failed = (result) => result.diagnostics.some((one) => one.severity === 'error');

const quoted = (message) => /'([^']+)'/.exec(message)?.[1] ?? message;

/** What is missing, and the area of work that it belongs to. */
function reasonOf(one, text) {
  const what = quoted(one.message);
  switch (true) {
    case one.code === 'internal': return ['internal error', one.message];
    case one.code === 'E0301': return ['tapset function', `${what}()`];
    case one.code === 'E0318': return ['embedded C', what === one.message ? 'a block' : `${what}()`];
    case one.code === 'E0405': return ['no script of its own', 'it has no probes: a library of another'];
    case one.code === 'E0401': return ['tapset probe', what];
    // Names of stap's own aliases below names that are probe points here.
    case one.code === 'E0420' && /^'netfilter' has no/.test(one.message): return ['tapset probe', 'netfilter.*'];
    case one.code === 'E0402': case /^E04[2-9]/.test(one.code): return ['probe point', `${one.message}`];
    case one.code === 'E0410': return [/DWARF|debug information/.test(one.message) ? 'needs DWARF' : 'target variable', one.message];
    case one.code === 'E0414': return ['writes to the kernel', what];
    case one.code === 'E0552': return ['refused operator', one.message];
    case /^E05/.test(one.code): return ['in-kernel execution', one.message];
    // A global of stap's library that ours lacks.
    case (one.code === 'E0303' || one.code === 'E0404') && !new RegExp(`^\\s*(private\\s+)?global\\b.*\\b${what}\\b`, 'm').test(text): return ['tapset variable', what];
    default: return ['language', `${one.code} ${one.message}`];
  }
}

function reasonsOf({ diagnostics }, text) {
  const found = new Map();
  const errors = diagnostics.filter((one) => one.severity === 'error');
  // Without a probe or function that is missing, nothing says the types and keys of what they would have used.
  const isConsequence = (one) => (one.code === 'E0307' || one.code === 'E0303') && errors.some((other) => /^E0(301|318|40[12])/.test(other.code));
  for (const one of errors) {
    if (isConsequence(one)) continue;
    const [area, what] = reasonOf(one, text);
    found.set(area, (found.get(area) ?? new Set()).add(what));
  }
  return found;
}

const files = FOLDERS.flatMap((folder) => (existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.stp')).sort().map((name) => ({ name, file: join(folder, name) })) : []));
if (files.length === 0) {
  process.stderr.write('examples-report: no examples here: install the package systemtap-doc\n');
  process.exit(1);
}
const counts = { parses: 0, elaborates: 0, compiles: 0 };
const areas = new Map();
const rows = files.map(({ name, file }) => {
  const part = PARTS.get(basename(file));
  if (part !== undefined) return `| ${name} | – | – | – | ${part} |`;
  const outcome = run(file);
  for (const key of Object.keys(counts)) if (outcome[key]) counts[key]++;
  const reasons = outcome.compiles ? new Map() : reasonsOf(outcome.result, readFileSync(file, 'latin1'));
  for (const area of reasons.keys()) areas.set(area, (areas.get(area) ?? 0) + 1);
  const cell = (value) => (value === undefined ? '–' : value ? 'yes' : 'no');
  const text = [...reasons].map(([area, what]) => `**${area}**: ${[...what].slice(0, 6).join(', ')}${what.size > 6 ? ` and ${what.size - 6} more` : ''}`).join('; ');
  return `| ${name} | ${cell(outcome.parses)} | ${cell(outcome.elaborates)} | ${cell(outcome.compiles)} | ${text.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`;
});
const whole = files.length - files.filter(({ file }) => PARTS.has(basename(file))).length;
if (!process.argv.includes('--check')) writeFileSync(join(root, 'docs/examples-report.md'), `# SystemTap's examples through stapkit

The scripts of Debian's \`systemtap-doc\`, compiled on Linux ${release()} with the kernel's BTF and no DWARF. Made by
\`node scripts/examples-report.mjs\`; arguments are those of the scripts' own .meta files. "parses" is \`-p1\`, "elaborates"
\`-p2\`, "compiles" \`-p4\`. A script may name several reasons; what it lacks on one kernel it may find on another.

| scripts | parse | elaborate | compile |
|---:|---:|---:|---:|
| ${whole} | ${counts.parses} | ${counts.elaborates} | ${counts.compiles} |

| what stands in the way | scripts |
|---|---:|
${[...areas].sort((a, b) => b[1] - a[1]).map(([area, count]) => `| ${area} | ${count} |`).join('\n')}

| script | parses | elaborates | compiles | missing |
|---|---|---|---|---|
${rows.join('\n')}
`);
process.stdout.write(`${whole} scripts: ${counts.parses} parse, ${counts.elaborates} elaborate, ${counts.compiles} compile\n`);
for (const [area, count] of [...areas].sort((a, b) => b[1] - a[1])) process.stdout.write(`${String(count).padStart(5)}  ${area}\n`);
const wrong = rows.filter((row) => /\*\*(language|internal error)\*\*/.test(row));
if (process.argv.includes('--check') && (wrong.length > 0 || counts.parses < whole)) {
  process.stdout.write(`${wrong.join('\n')}\n`);
  process.exit(1);
}
