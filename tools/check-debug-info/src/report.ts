/** What was found, for people: a table of several files, all of one, and how to get what is missing. */
import { humanNumber, renderTable, styled, type DebugFacts, type FileFacts, type Row, type TableLook } from '@stapkit/cli-kit';
import { isWhole, type Checked, type CheckedFile, type CheckedKernel, type CheckedModule, type CheckedSubject } from './check.js';
import { answerText } from './rows.js';

export interface Look extends TableLook {
  /** All of each file. */
  readonly details: boolean;
}

const LABEL = 13;
const WIDTH = 80;

/** Words in lines of 80 columns behind a label. */
export function labelled(label: string, text: string): string {
  const room = WIDTH - LABEL - 2;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(LABEL)}${line}\n`).join('');
}

const WHERE: Readonly<Record<DebugFacts['where'], string>> = { inside: 'in the file', separate: 'separate', fetched: 'fetched', none: 'none' };

function functionsOf({ symtab, packed, exported }: FileFacts): string {
  return symtab > 0 ? `${symtab} all` : packed > 0 ? `${packed + exported} packed` : exported > 0 ? `${exported} exported` : '-';
}

function tableRow({ file, facts }: CheckedFile): Row {
  if (typeof facts === 'string') return { functions: '-', dwarf: '?', inline: '-', lines: '-', stacks: '-', marks: '-', file: `${file.name}: ${facts}` };
  const { contents } = facts.debug;
  return { functions: functionsOf(facts), dwarf: WHERE[facts.debug.where], inline: mark(contents?.inlined), lines: mark(contents?.lines), stacks: mark(facts.callFrames), marks: facts.marks === 0 ? '-' : facts.marks, file: file.name };
}
const mark = (value: boolean | undefined): string => (value === true ? 'yes' : '-');

const COLUMNS = [
  { key: 'functions', title: 'FUNCTIONS', width: 13 }, { key: 'dwarf', title: 'DWARF', width: 11, style: ({ dwarf }: Row) => (dwarf === 'none' || dwarf === '?' ? ('red' as const) : ('green' as const)) }, { key: 'inline', title: 'INLINE', width: 6 },
  { key: 'lines', title: 'LINES', width: 5 }, { key: 'stacks', title: 'STACKS', width: 6 }, { key: 'marks', title: 'MARKS', width: 5, align: 'right' as const }, { key: 'file', title: 'FILE', width: 1 },
];

function debugLines(debug: DebugFacts, details: boolean): string {
  const { where, path, how, contents, common, problem, tried } = debug;
  const has = contents === undefined ? [] : [
    ...(contents.version === undefined ? [] : [`version ${contents.version}`]), contents.lines ? 'lines' : 'no lines', contents.inlined ? 'inlined functions' : 'no inlined functions', ...(contents.split ? ['parts in .dwo files'] : []),
  ];
  const place = where === 'inside' ? 'in the file' : where === 'none' ? `none${problem === undefined ? '' : `: ${problem}`}` : `${path ?? ''} (${how ?? ''})`;
  return labelled('DWARF', `${place}${has.length === 0 ? '' : `; ${has.join(', ')}`}`)
    + (common === undefined ? '' : labelled('common parts', 'path' in common ? common.path : common.missing))
    + (details && where === 'none' ? tried.map((one, index) => labelled(index === 0 ? 'looked for' : '', one)).join('') : '');
}

function symbolsText({ symtab, packed, exported }: FileFacts): string {
  const names = [...(symtab > 0 ? [`${symtab} functions in .symtab`] : []), ...(packed > 0 ? [`${packed} functions in .gnu_debugdata`] : []), ...(exported > 0 ? [`${exported} exported functions`] : [])];
  return `${names.length === 0 ? 'none' : names.join(', ')}${symtab > 0 ? '' : packed > 0 ? '; no .symtab' : '; stripped: no .symtab, no .gnu_debugdata'}`;
}

function remedyLines(one: Checked): string {
  if (isWhole(one)) return '';
  const { installation, answer, url } = one;
  const answered = answer === undefined ? '' : labelled('debuginfod', `${answerText(one) ?? ''}${answer.kind === 'has' && answer.bytes !== undefined ? ` (${humanNumber(answer.bytes, 'bytes')})` : ''}`);
  const install = installation === undefined ? '' : [...(installation.before === undefined ? [] : [installation.before]), `${installation.command} ${installation.package ?? ''}`.trim()].map((line, index) => `  ${(index === 0 ? 'install' : '').padEnd(LABEL)}${line}\n`).join('') + (installation.note === undefined ? '' : labelled('', installation.note));
  return `${answered}${install}${url === undefined ? '' : `  ${'fetch'.padEnd(LABEL)}${url}\n`}`;
}

function fileLines(one: CheckedFile, details: boolean): string {
  const { facts, support, package: owner } = one;
  const belongs = owner === undefined ? labelled('package', 'none: built or installed by hand') : labelled('package', `${owner.name} ${owner.version}`);
  if (typeof facts === 'string') return belongs + labelled('problem', facts);
  return [
    belongs, labelled('build-id', facts.buildId ?? 'none'), labelled('symbols', symbolsText(facts)), debugLines(facts.debug, details),
    labelled('stacks', facts.callFrames ? 'by call frame tables, without frame pointers' : 'by frame pointers alone: no .eh_frame'),
    ...(facts.marks === 0 ? [] : [labelled('marks', `${facts.marks} of <sys/sdt.h>`)]),
    labelled('works', support?.works.map((name) => (name === 'variables' ? '$variables' : name === 'stacks' ? name : `.${name}`)).join(' ') ?? ''),
    labelled('does not', support?.lacks.map(([name, what]) => `${name === 'variables' ? '$variables' : name === 'stacks' ? name : `.${name}`} (needs ${what})`).join(', ') ?? ''),
    one.package === undefined && !isWhole(one) ? labelled('mend', 'compile it with -g') : '', remedyLines(one),
  ].join('');
}

const SYMBOLS = { addresses: '/proc/kallsyms, with addresses', names: '/proc/kallsyms without addresses (sysctl kernel.kptr_restrict, or not root)', none: 'none: /proc/kallsyms cannot be read' } as const;

function kernelLines(one: CheckedKernel, details: boolean): string {
  const { buildId, types, symbols, lockdown, debug, advice, trials } = one.seen;
  return [
    labelled('build-id', buildId ?? 'not told'), labelled('types', typeof types === 'number' ? `BTF, ${types} functions` : `none: ${types}`), labelled('symbols', SYMBOLS[symbols]), debugLines(debug, details),
    ...(lockdown === undefined ? [] : [labelled('lockdown', lockdown)]),
    ...(trials ?? []).map(({ point, by, problem }) => labelled(by === undefined ? 'does not' : 'works', by === undefined ? `${point}: ${problem ?? ''}` : `${point}, by ${by}`)),
    ...(trials === undefined ? [labelled('probes', 'not tried: that needs root')] : []),
    ...(debug.where === 'none' ? [labelled('needs DWARF', 'kernel.statement, .inline, .label, .callee, variables inside of functions')] : []),
    one.installation === undefined && debug.where === 'none' ? labelled('mend', advice) : '', remedyLines(one),
  ].join('');
}

const moduleLines = (one: CheckedModule, details: boolean): string => debugLines(one.debug, details) + remedyLines(one);

/** The text of what was asked for. */
export async function reportText(subjects: readonly CheckedSubject[], look: Look): Promise<string> {
  const title = (text: string): string => `${look.color === true ? styled('bold', text) : text}\n`;
  const parts: string[] = [];
  for (const subject of subjects) {
    const files = subject.checked.filter((one) => one.kind === 'file');
    if (files.length > 1) parts.push(`${title(subject.title)}${await renderTable(COLUMNS, files.map(tableRow), look)}`);
    // All of the one that was asked for; of its libraries with -v.
    const [first] = files;
    for (const one of subject.checked) {
      if (one.kind === 'kernel') parts.push(title(subject.title) + kernelLines(one, look.details));
      else if (one.kind === 'module') parts.push(title(subject.title) + moduleLines(one, look.details));
      else if (one === first || look.details) parts.push(title(one.file.name) + fileLines(one, look.details));
    }
  }
  const rest = missingText(subjects.flatMap(({ checked }) => checked));
  return parts.join('\n') + (rest === '' ? '' : `\n${title('To have all that is missing:')}${rest}`);
}

/** One command a package manager for all of them; nothing where one file's own lines say it. */
function missingText(checked: readonly Checked[]): string {
  const lacking = checked.filter((one) => !isWhole(one));
  if (checked.length < 2) return '';
  const before = new Set(lacking.flatMap(({ installation }) => installation?.before ?? []));
  const packages = new Map<string, Set<string>>();
  for (const { installation } of lacking) if (installation !== undefined) packages.set(installation.command, (packages.get(installation.command) ?? new Set()).add(installation.package ?? ''));
  const notes = new Set(lacking.flatMap(({ installation }) => (installation?.note === undefined ? [] : [`${installation.package ?? ''}: ${installation.note}`])));
  const servers = new Set(lacking.flatMap(({ url }) => (url === undefined ? [] : [new URL(url).origin])));
  const none = lacking.filter((one) => one.installation === undefined && one.url === undefined);
  return [
    ...[...before].map((line) => `  ${line}\n`),
    ...[...packages].map(([command, names]) => `  ${[command, ...[...names].sort()].join(' ')}\n`),
    ...[...notes].map((note) => `    ${note}\n`),
    ...(servers.size === 0 ? [] : [`${packages.size === 0 ? '' : 'or, fetched when it is needed:\n'}  export DEBUGINFOD_URLS="${[...servers].join(' ')}"\n`]),
    ...none.map((one) => `  ${one.kind === 'file' ? one.file.name : one.kind === 'kernel' ? `kernel ${one.seen.release}` : `module ${one.name}`}: ${one.kind === 'file' ? 'of no package: compile it with -g' : 'its debug package is not known'}\n`),
  ].join('');
}
