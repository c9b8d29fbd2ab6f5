#!/usr/bin/env node
/**
 * node scripts/examples-report.mjs: runs passes 1, 2 and 4 over every script of Debian's systemtap-doc for this machine's kernel and
 * for Debian 12's, loads and runs there in guests what compiles, and writes docs/examples-report.md. With --check nothing is
 * written or booted, this machine's kernel alone is asked, with --quick nothing runs, and it fails when a script does not parse, or when the language or
 * a mistake of the compiler keeps one from compiling. --no-runs looks only at what loads, --no-large leaves the three largest scripts out.
 * --folder=DIR keeps what became of each script there, and a later call goes on from it; --only=NAME.stp,… with it compiles these and
 * ends, large ones too: a call with --no-large finds them. With the kernel's debug information (fetchKernelDebuginfo('6.1', guestCache())
 * of scripts/guest) more of them compile. Arguments come from the test_installcheck and test_check lines of the scripts' .meta files.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { release } from 'node:os';
import { localTarget } from '@stapkit/cli-kit';
import { checkCall, OWN_SECONDS, runCall } from './examples/calls.mjs';
import { causeOf, isAsked, isWithinBpf, isWithinReach } from './examples/causes.mjs';
import { compileExample } from './examples/compile.mjs';
import { ExamplesGuest } from './examples/guest.mjs';

const FOLDERS = ['/usr/share/systemtap/examples', '/usr/share/doc/systemtap/examples'];
const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const valueOf = (option) => process.argv.find((word) => word.startsWith(`${option}=`))?.slice(option.length + 1);
const isCheck = process.argv.includes('--check');
/** Without DWARF, without runs, and the largest scripts are elaborated only. */
const isQuick = process.argv.includes('--quick');
/** Whether what loads is run, too. */
const isRun = !isQuick && !process.argv.includes('--no-runs');
const folder = valueOf('--folder');
const only = valueOf('--only')?.split(',');
const guest = isCheck ? undefined : new ExamplesGuest(!isQuick, folder);
/** Each with the name of its columns. */
const TARGETS = { here: localTarget(), ...(guest === undefined ? {} : { debian: guest.target() }) };

/** Files that are no whole scripts. */
const PARTS = new Map([
  ['security-bandaid-template.stp', 'a template with placeholders'],
]);

/** Some 10 MB of code each, and a minute to make it: with --check and --quick these are only elaborated. */
const LARGE = new Set(only === undefined && (isCheck || isQuick || process.argv.includes('--no-large')) ? ['errsnoop.stp', 'strace.stp', 'para-callgraph-verbose.stp'] : []);

const objectName = (name) => name.replace(/\.stp$/, '').replaceAll(/\W/g, '_');

/** Compiles a script for a target, or says what an earlier call with the same folder saw. */
function compiled(name, file, key) {
  const kept = folder === undefined ? undefined : join(folder, 'compiled', `${objectName(name)}.${key}.json`);
  if (kept !== undefined && existsSync(kept)) {
    const { reasons, ...outcome } = JSON.parse(readFileSync(kept, 'utf8'));
    return { ...outcome, reasons: new Map(reasons.map(([area, what]) => [area, new Set(what)])) };
  }
  // What runs is called as its check calls it; this machine's kernel is asked as the check of compilation does.
  const calls = key === 'here' ? [checkCall(file)] : [runCall(file), checkCall(file)].filter((call) => call !== undefined);
  const isLarge = LARGE.has(basename(file));
  const { object, ...outcome } = compileExample(file, TARGETS[key], calls, isLarge ? 'elaborate' : undefined);
  if (object !== undefined && key === 'debian') guest.add(objectName(name), object.bytes);
  if (kept !== undefined && !isLarge) {
    mkdirSync(join(folder, 'compiled'), { recursive: true });
    writeFileSync(kept, JSON.stringify({ ...outcome, reasons: [...outcome.reasons].map(([area, what]) => [area, [...what]]) }));
  }
  return outcome;
}

const files = FOLDERS.flatMap((folder) => (existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.stp')).sort().map((name) => ({ name, file: join(folder, name) })) : []));
if (files.length === 0) {
  process.stderr.write('examples-report: no examples here: install the package systemtap-doc\n');
  process.exit(1);
}
const cell = (value) => (value === undefined ? '–' : value ? 'yes' : 'no');
const reasonText = (reasons) => [...reasons].map(([area, what]) => `**${area}**: ${[...what].slice(0, 3).join(', ')}${what.size > 3 ? ` and ${what.size - 3} more` : ''}`).join('; ').replaceAll('|', '\\|').replaceAll('\n', ' ');
const whole = files.filter(({ file }) => !PARTS.has(basename(file)) && only?.includes(basename(file)) !== false);
const outcomes = new Map(whole.map(({ name, file }) => [name, Object.fromEntries(Object.keys(TARGETS).map((key) => [key, compiled(name, file, key)]))]));
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

if (only !== undefined) process.exit(countOf((one) => !one.debian.compiles) > 0 ? 1 : 0);

/** The check that runs of a script; undefined: none, or one that only compiles, or with arguments that do not compile. */
const checkOf = (name, file) => {
  const call = outcomes.get(name).debian.call === 0 ? runCall(file) : undefined;
  return call?.isCompiled === true ? undefined : call;
};
const names = whole.filter(({ name }) => outcomes.get(name).debian.compiles).map(({ name }) => objectName(name));
report(await guest.load(names), false);
if (isRun) for await (const seen of guest.run(new Map(whole.map(({ name, file }) => [objectName(name), checkOf(name, file)])))) report(seen, true);
guest.remove();

/** Of the run of an example: what its exit status and output say. */
function ranText({ loads, status, lines, error }, hasCheck) {
  if (status === undefined) return [isRun && loads === true ? 'not yet' : '–', ''];
  const how = hasCheck ? '' : ', no check of its own';
  if (status === '0') return [`yes, ${lines} lines${how}`, ''];
  return [`${status === '' || status === '124' || status === '137' ? 'no: not ended' : `no: exit ${status}`}${how}`, `run: ${error.split('\n').filter((line) => !/^(WARNING|Pass|hint)/.test(line)).at(0)?.slice(0, 200) ?? ''}`];
}
/** @param seen what became of each object in the guest */
function report(seen, withRuns) {
  let loads = 0;
  let ran = 0;
  let tried = 0;
  const rows = files.map(({ name, file }) => {
    const part = PARTS.get(basename(file));
    if (part !== undefined) return `| ${name} | – | – | – | – | – | – | ${part} |`;
    const { here, debian } = outcomes.get(name);
    const hasObject = debian.compiles && guest.hasObject(objectName(name));
    const result = hasObject ? seen(objectName(name)) : undefined;
    const [runCell, runReason] = result === undefined ? ['–', ''] : ranText(result, checkOf(name, file) !== undefined);
    if (result?.loads === true) loads++;
    if (result?.status !== undefined) tried++;
    if (result?.status === '0') ran++;
    const differs = reasonText(here.reasons) !== reasonText(debian.reasons);
    const isWell = hasObject && (result?.status === undefined || result.status === '0');
    const why = [isWell ? '' : causeOf(name) ?? '', reasonText(debian.reasons), differs && !here.compiles ? `here: ${reasonText(here.reasons)}` : '', result === undefined || result.loads === true ? '' : `load: ${result.loads.slice(0, 200)}`, runReason].filter(Boolean).join('; ');
    return `| ${name} | ${cell(debian.parses)} | ${cell(debian.elaborates)} | ${cell(here.compiles)} | ${cell(debian.compiles)} | ${cell(result === undefined ? undefined : result.loads === true)} | ${runCell} | ${why.replaceAll('\n', ' ').replace(/(?<!\\)\|/g, '\\|')} |`;
  });
  const asked = [...outcomes].filter(([, { debian }]) => isAsked(debian.reasons));
  const within = asked.filter(([name, { debian }]) => isWithinReach(name, debian.reasons));
  const withinBpf = within.filter(([, { debian }]) => isWithinBpf(debian.reasons));
  const loaded = (list) => list.filter(([name, { debian }]) => debian.compiles && guest.hasObject(objectName(name)) && seen(objectName(name)).loads === true).length;
  const share = (list) => `${list.length}, of which ${loaded(list)} load on 6.1 = ${Math.floor((1000 * loaded(list)) / list.length) / 10} %`;
  const notMade = [...outcomes].filter(([name, { debian }]) => debian.compiles && !guest.hasObject(objectName(name))).length;
  writeFileSync(join(root, 'docs/examples-report.md'), `# SystemTap's examples through stapkit

The scripts of Debian's \`systemtap-doc\`, compiled for this machine's kernel (Linux ${release()}, BTF, no DWARF) and for Debian 12's
(Linux 6.1, BTF, its modules' BTF${guest.hasDebugInformation ? ', DWARF of the kernel' : ''}), and there loaded by the verifier${withRuns ? ' and run' : ''} in a guest. Made by
\`node scripts/examples-report.mjs${process.argv.slice(2).filter((word) => !word.startsWith('--folder=')).map((word) => ` ${word}`).join('')}\`${notMade === 0 ? '' : `, of ${notMade} large scripts without code`}${withRuns ? '' : '; nothing was run'}. Arguments are those of the scripts' own .meta files; "ran" is the file's own
check (test_installcheck), or where it has none \`-T ${OWN_SECONDS}\`: its exit status and how much it printed. "parses" is \`-p1\`,
"elaborates" \`-p2\`, "compiles" \`-p4\`. What a row lacks on one kernel it may find on another.

| scripts | parse | elaborate | compile here | compile for 6.1 | load on 6.1 | were run | ran |
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
