#!/usr/bin/env node
/**
 * node scripts/examples-report.mjs: runs passes 1, 2 and 4 over every script of Debian's systemtap-doc for this machine's kernel and
 * for Debian 12's, loads and runs there in a guest what compiles, and writes docs/examples-report.md. With --check nothing is
 * written or booted, this machine's kernel alone is asked, with --quick nothing runs, and it fails when a script does not parse, or when the language or
 * a mistake of the compiler keeps one from compiling. --no-runs looks only at what loads, --no-large leaves the three largest scripts out.
 * With the kernel's debug information (fetchKernelDebuginfo('6.1', guestCache()) of scripts/guest)
 * more of them compile. Arguments come from the test_check lines of the scripts' .meta files.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { release } from 'node:os';
import { loadCompiler, localTarget } from '@stapkit/cli-kit';
import { checkCall, runCall } from './examples/calls.mjs';
import { causeOf, isAsked, isWithinBpf, isWithinReach, libraryOf } from './examples/causes.mjs';
import { ExamplesGuest } from './examples/guest.mjs';

const FOLDERS = ['/usr/share/systemtap/examples', '/usr/share/doc/systemtap/examples'];
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const isCheck = process.argv.includes('--check');
/** Without DWARF, without runs, and the largest scripts are elaborated only. */
const isQuick = process.argv.includes('--quick');
/** Whether what loads is run, too, in a boot of its own. */
const isRun = !isQuick && !process.argv.includes('--no-runs');
const guest = isCheck ? undefined : new ExamplesGuest(!isQuick);
/** Each with the name of its columns. */
const TARGETS = { here: localTarget(), ...(guest === undefined ? {} : { debian: guest.target() }) };
const { compileScript } = await loadCompiler();

/** Where no .meta says it: a probe point and some values. */
const OTHER_ARGUMENTS = [['1', '2', '3', '4'], ['begin', 'end', '3', '4'], ['kernel', 'vfs_read', '1'], []];

/** Of scripts without .meta that want more than that. */
const OWN_ARGUMENTS = { 'graphcall.stp': [['/lib/x86_64-linux-gnu/libc.so.6', 'malloc']] };

/** Files that are no whole scripts. */
const PARTS = new Map([
  ['security-bandaid-template.stp', 'a template with placeholders'],
]);

/** Some 10 MB of code each, and a minute to make it: with --check and --quick these are only elaborated. */
const LARGE = new Set(isCheck || isQuick || process.argv.includes('--no-large') ? ['errsnoop.stp', 'strace.stp', 'para-callgraph-verbose.stp'] : []);

function run(file, target) {
  const text = readFileSync(file, 'latin1');
  const call = checkCall(file);
  // Probes of a process of which nothing is said: one that every machine has.
  const input = { scripts: [{ file: basename(file), text }], target, name: 'x', globalOverrides: call.globals, guruMode: true, library: libraryOf(file, call.folders), command: call.command?.split(' ')[0] ?? '/bin/true' };
  const lists = call.args.length > 0 ? [call.args] : [[], ...(OWN_ARGUMENTS[basename(file)] ?? OTHER_ARGUMENTS)];
  let parsed;
  for (const args of lists) {
    parsed = { args, result: compileScript({ ...input, args, until: 'parse' }) };
    if (!failed(parsed.result)) break;
  }
  if (failed(parsed.result)) return { parses: false, result: parsed.result };
  if (LARGE.has(basename(file))) {
    const result = compileScript({ ...input, args: parsed.args, until: 'elaborate' });
    return { parses: true, elaborates: !failed(result), compiles: !failed(result), result };
  }
  let whole;
  try {
    whole = compileScript({ ...input, args: parsed.args });
  } catch (error) {
    // A stage's own mistake must not keep the others' results from being seen.
    whole = { diagnostics: [{ severity: 'error', code: 'internal', message: error.message, stack: error.stack }] };
    process.stderr.write(`${file}: ${error.message}\n`);
  }
  const elaborates = !failed(whole) || !failed(compileScript({ ...input, args: parsed.args, until: 'elaborate' }));
  return { parses: true, elaborates, compiles: !failed(whole), result: whole, object: whole.object };
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
  // Nor does anything say the types of what a missing global, or a probe that cannot be had, is used with.
  const lacksMore = errors.some((other) => /^E0(303|4)/.test(other.code));
  for (const one of errors) {
    if (isConsequence(one) || (one.code === 'E0307' && lacksMore)) continue;
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
const cell = (value) => (value === undefined ? '–' : value ? 'yes' : 'no');
const reasonText = (reasons) => [...reasons].map(([area, what]) => `**${area}**: ${[...what].slice(0, 3).join(', ')}${what.size > 3 ? ` and ${what.size - 3} more` : ''}`).join('; ').replaceAll('|', '\\|').replaceAll('\n', ' ');
const objectName = (name) => name.replace(/\.stp$/, '').replaceAll(/\W/g, '_');

const whole = files.filter(({ file }) => !PARTS.has(basename(file)));
const outcomes = new Map(whole.map(({ name, file }) => [name, Object.fromEntries(Object.entries(TARGETS).map(([key, target]) => {
  const { result, object, ...outcome } = run(file, target);
  // What is kept of two hundred results is what the report needs.
  return [key, { ...outcome, ...(isCheck ? {} : { object }), reasons: outcome.compiles ? new Map() : reasonsOf(result, readFileSync(file, 'latin1')) }];
}))]));
const countOf = (test) => [...outcomes.values()].filter(test).length;
const areasOf = (key) => {
  const areas = new Map();
  for (const outcome of outcomes.values()) for (const area of outcome[key].reasons.keys()) areas.set(area, (areas.get(area) ?? 0) + 1);
  return [...areas].sort((a, b) => b[1] - a[1]);
};
for (const [key, label] of [['here', release()], ['debian', 'Debian 12']].filter(([one]) => one in TARGETS)) {
  process.stdout.write(`${label}: ${whole.length} scripts: ${countOf((one) => one[key].parses)} parse, ${countOf((one) => one[key].elaborates)} elaborate, ${countOf((one) => one[key].compiles)} compile\n`);
  for (const [area, count] of areasOf(key)) process.stdout.write(`${String(count).padStart(5)}  ${area}\n`);
}
if (isCheck) {
  const wrong = [...outcomes].filter(([, { here }]) => here.reasons.has('language') || here.reasons.has('internal error'));
  for (const [name, { here }] of wrong) process.stdout.write(`${name}: ${reasonText(here.reasons)}\n`);
  process.exit(wrong.length > 0 || countOf((one) => one.here.parses) < whole.length ? 1 : 0);
}

for (const { name, file } of whole) {
  const { object } = outcomes.get(name).debian;
  if (object !== undefined) guest.add(objectName(name), object.bytes, isRun ? runCall(file) : undefined);
}
await report(await guest.boot(false), false);
if (isRun) await report(await guest.boot(true), true);
guest.remove();

/** Of the run of an example: what its exit status and output say. */
function ranText({ status, lines, error }) {
  if (status === undefined) return ['–', ''];
  if (status === '0') return [`yes, ${lines} lines`, ''];
  return [status === '' || status === '137' ? 'no: not ended' : `no: exit ${status}`, `run: ${error.split('\n').filter((line) => !/^(WARNING|Pass|hint)/.test(line)).at(0)?.slice(0, 200) ?? ''}`];
}
/** @param seen what became of each object in the guest */
async function report(seen, withRuns) {
  let loads = 0;
  let ran = 0;
  let tried = 0;
  const rows = files.map(({ name, file }) => {
    const part = PARTS.get(basename(file));
    if (part !== undefined) return `| ${name} | – | – | – | – | – | – | ${part} |`;
    const { here, debian } = outcomes.get(name);
    const result = debian.object === undefined ? undefined : seen(objectName(name));
    const [runCell, runReason] = result === undefined ? ['–', ''] : ranText(result);
    if (result?.loads === true) loads++;
    if (result?.status !== undefined) tried++;
    if (result?.status === '0') ran++;
    const differs = reasonText(here.reasons) !== reasonText(debian.reasons);
    const why = [causeOf(name) ?? '', reasonText(debian.reasons), differs && !here.compiles ? `here: ${reasonText(here.reasons)}` : '', result === undefined || result.loads === true ? '' : `load: ${result.loads.slice(0, 200)}`, runReason].filter(Boolean).join('; ');
    return `| ${name} | ${cell(debian.parses)} | ${cell(debian.elaborates)} | ${cell(here.compiles)} | ${cell(debian.compiles)} | ${cell(result === undefined ? undefined : result.loads === true)} | ${runCell} | ${why.replaceAll('\n', ' ').replace(/(?<!\\)\|/g, '\\|')} |`;
  });
  const asked = [...outcomes].filter(([, { debian }]) => isAsked(debian.reasons));
  const within = asked.filter(([name, { debian }]) => isWithinReach(name, debian.reasons));
  const withinBpf = within.filter(([, { debian }]) => isWithinBpf(debian.reasons));
  const loaded = (list) => list.filter(([name, { debian }]) => debian.object !== undefined && seen(objectName(name)).loads === true).length;
  const share = (list) => `${list.length}, of which ${loaded(list)} load on 6.1 = ${Math.floor((1000 * loaded(list)) / list.length) / 10} %`;
  const notMade = [...outcomes].filter(([, { debian }]) => debian.compiles && debian.object === undefined).length;
  writeFileSync(join(root, 'docs/examples-report.md'), `# SystemTap's examples through stapkit

The scripts of Debian's \`systemtap-doc\`, compiled for this machine's kernel (Linux ${release()}, BTF, no DWARF) and for Debian 12's
(Linux 6.1, BTF, its modules' BTF${guest.hasDebugInformation ? ', DWARF of the kernel' : ''}), and there loaded by the verifier${withRuns ? ' and run' : ''} in a guest. Made by
\`node scripts/examples-report.mjs${process.argv.slice(2).map((word) => ` ${word}`).join('')}\`${notMade === 0 ? '' : `, of ${notMade} large scripts without code`}${withRuns ? '' : '; nothing was run'}. Arguments are those of the scripts' own .meta files (test_check); "ran" is the file's own
test_installcheck, with \`-T ${'1'}\` where it would go on for ever, its exit status and how much it printed. "parses" is \`-p1\`,
"elaborates" \`-p2\`, "compiles" \`-p4\`. What a row lacks on one kernel it may find on another.

| scripts | parse | elaborate | compile here | compile for 6.1 | load on 6.1 | have a check that runs | ran |
|---:|---:|---:|---:|---:|---:|---:|---:|
| ${whole.length} | ${countOf((one) => one.debian.parses)} | ${countOf((one) => one.debian.elaborates)} | ${countOf((one) => one.here.compiles)} | ${countOf((one) => one.debian.compiles)} | ${loads} | ${tried} | ${ran} |

Scripts without embedded C, without special hardware or absent software, and without things that 6.1 itself lacks: ${share(within)}. ${within.length - withinBpf.length} of them change the kernel, or ask what BPF programs cannot: of the others, ${share(withinBpf)}.

All that are scripts and have no embedded C: ${share(asked)}. All: ${share([...outcomes])}.${notMade === 0 ? '' : ` Of ${notMade} of them, large ones, no code was made: they count as not loaded.`}

| what stands in the way on 6.1 | scripts |
|---|---:|
${areasOf('debian').map(([area, count]) => `| ${area} | ${count} |`).join('\n')}

| script | parses | elaborates | compiles here | compiles for 6.1 | loads | ran | why not |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`);
  process.stdout.write(`Debian 12: ${loads} load, ${ran} of ${tried} ran\n`);
}
