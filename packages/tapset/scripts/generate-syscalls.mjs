#!/usr/bin/env node
/**
 * node scripts/generate-syscalls.mjs: writes stp/syscalls_SUBJECT.stp, stp/syscall_flags_SUBJECT.stp and stp/syscall_table.stp from the tables. With --check
 * it writes nothing and ends with status 1 when they are not what the tables say.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decoded } from './syscall-kinds.mjs';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const rows = (name) => readFileSync(join(root, 'tables', name), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t'));
const HEAD = (table) => `// Made by scripts/generate-syscalls.mjs from ${table}: change those, not this.\n`;
const RETURN_FORMATS = { decimal: 1, hex: 2, octal: 3 };

function fail(message) {
  throw new Error(`tables: ${message}`);
}

/** Rows by subject: a line "@ SUBJECT" begins one. */
function bySubject(name) {
  const subjects = new Map();
  let list;
  for (const row of rows(name)) {
    const [, subject] = /^@ (\w+)$/.exec(row[0]) ?? [];
    if (subject !== undefined) subjects.set(subject, (list = []));
    else (list ?? fail(`${name}: a row before the first subject`)).push(row);
  }
  return subjects;
}

/** Names, C types and numbers of a call's parameters. */
const parametersOf = (declared) => (declared === 'void' || declared === '?' ? [] : declared.split(', ').map((one, index) => {
  const [, type, name] = /^(.*?)\s*(\w+)$/.exec(one);
  return { name, type, number: index + 1 };
}));

const numbers = new Map(rows('syscalls.tsv').map((row) => [row[0], row]));

/** Scripts of SystemTap's older tapsets ask these for their numbers. They are not called on other machines than x86-64. */
const TELLS_NUMBER = new Set(['open']);

/** One call's two aliases. `isShared`: other calls have the same name, and not all machines have all of them. */
function aliasesOf([call, alias, returns, ...columns], isShared) {
  const parameters = parametersOf((numbers.get(call) ?? fail(`'${call}' is not in syscalls.tsv`))[3]);
  const whole = columns.at(-1)?.startsWith('=') === true ? columns.at(-1).slice(1) : undefined;
  const wanted = (whole === undefined ? columns : columns.slice(0, -1)).map((column) => column.split(' '));
  if (wanted.map(([name]) => name).join() !== parameters.map(({ name }) => name).join()) fail(`the parameters of '${call}' are ${parameters.map(({ name }) => name).join(', ')}`);
  const parts = wanted.map(([, kind, variable, ...more], index) => decoded(parameters[index], kind, variable, more) ?? fail(`'${call}': unknown kind '${kind}'`));
  const format = parts.map((part, index) => `${index === 0 || part.separate === false ? '' : ', '}${part.format}`).join('');
  const values = parts.flatMap((part) => part.values);
  const text = whole === undefined ? (values.length === 0 ? '""' : `sprintf("${format}", ${values.join(', ')})`) : `_${whole}_argstr(${values.join(', ')})`;
  const code = RETURN_FORMATS[returns] ?? fail(`'${call}': unknown return format '${returns}'`);
  const name = isShared ? call : alias;
  const names = (end) => ['syscall', 'nd_syscall', 'tp_syscall'].map((family) => `${family}.${alias}${end}`).join(' = ');
  const optional = isShared ? ' ?' : '';
  return `
probe ${names('')} = kernel.syscall("${call}")${optional} {
${[`name = "${name}"`, ...(TELLS_NUMBER.has(call) ? [`__nr = ${numbers.get(call)[1]}`] : []), ...parts.flatMap((part) => part.lines), `argstr = ${text}`].map((line) => `\t${line}`).join('\n')}
}

probe ${names('.return')} = kernel.syscall("${call}").return${optional} {
	name = "${name}"
	retval = $return
	retstr = return_str(${code}, $return)
}
`;
}

function aliasFiles() {
  const subjects = bySubject('syscall-decoding.tsv');
  const all = [...subjects.values()].flat();
  for (const call of numbers.keys()) if (!all.some(([known]) => known === call)) fail(`'${call}' of syscalls.tsv is not in syscall-decoding.tsv`);
  const shared = new Set(all.map(([, alias]) => alias).filter((alias, index, list) => list.indexOf(alias) !== index));
  return [...subjects].map(([subject, list]) => [`syscalls_${subject}.stp`, `${HEAD('tables/syscalls.tsv and tables/syscall-decoding.tsv')}${list.map((row) => aliasesOf(row, shared.has(row[1]))).join('')}`]);
}

/** A value of the table, by architecture where they differ. */
function number(x86, arm) {
  return x86 === arm ? x86 : `%( arch == "x86_64" %? ${x86} %: ${arm} %)`;
}

/** One set's function: text of a value. */
function flagFunction([set, list]) {
  const of = (kind) => list.filter((one) => one.kind === kind);
  if (of('value').length > 0) {
    const lines = of('value').map(({ value, name }) => `\tif (value == ${value}) return "${name}"`);
    return `\nfunction _${set}_str:string(value:long) {\n${lines.join('\n')}\n\treturn sprintf("0x%x", value)\n}\n`;
  }
  const [mask] = of('mask');
  const bases = mask === undefined ? [] : [`\tbase = rest & ${mask.value}`, ...of('base').map(({ value, name }) => `\tif (base == ${value}) text = "|${name}"`), `\trest &= ~${mask.value}`];
  const zero = of('bit').find(({ value }) => Number(value) === 0);
  const bits = of('bit').filter((one) => one !== zero).map(({ value, name }) => `\tif ((rest & ${value}) == ${value}) { text .= "|${name}"; rest &= ~${value} }`);
  const none = mask === undefined ? [`\tif (!value) return "${zero?.name ?? '0x0'}"`] : [];
  return `\nfunction _${set}_str:string(value:long) {\n${none.concat('\ttext = ""', '\trest = value').join('\n')}\n${[...bases, ...bits].join('\n')}\n\tif (rest) text .= sprintf("|0x%x", rest)\n\treturn substr(text, 1, strlen(text) - 1)\n}\n`;
}

function flagFiles() {
  return [...bySubject('flags.tsv')].map(([subject, list]) => {
    const sets = new Map();
    for (const [set, kind, x86, arm, name] of list) {
      if (!sets.has(set)) sets.set(set, []);
      sets.get(set).push({ kind, value: number(x86, arm), name });
    }
    return [`syscall_flags_${subject}.stp`, `${HEAD('tables/flags.tsv')}${[...sets].map(flagFunction).join('')}`];
  });
}

/** Halves the numbers until a few are left. */
function nameByNumber(list, indent) {
  if (list.length <= 8) return list.map(({ number, name }) => `${indent}if (num == ${number}) return "${name}"\n`).join('');
  const upper = list.slice(Math.floor(list.length / 2));
  return `${indent}if (num < ${upper[0].number}) {\n${nameByNumber(list.slice(0, Math.floor(list.length / 2)), `${indent}\t`)}${indent}} else {\n${nameByNumber(upper, `${indent}\t`)}${indent}}\n`;
}

function tableFunctions() {
  const table = rows('syscalls.tsv');
  const of = (column) => table.filter((row) => row[column] !== '-').map((row) => ({ name: row[0], number: Number(row[column]) })).sort((a, b) => a.number - b.number);
  const byArch = (make) => `%( arch == "x86_64" %?\n${make(of(1))}%:\n${make(of(2))}%)\n`;
  return `
/** Name of the system call with this number on this machine's architecture; "" when there is none. */
function syscall_name:string(num:long) {
${byArch((list) => nameByNumber(list, '\t'))}	return ""
}

/** Number of the system call of this name on this machine's architecture; -1 when there is none. */
function syscall_num:long(name:string) {
${byArch((list) => list.map(({ name, number }) => `\tif (name == "${name}") return ${number}\n`).join(''))}	return -1
}
`;
}

const files = [...aliasFiles(), ...flagFiles(), ['syscall_table.stp', `${HEAD('tables/syscalls.tsv')}${tableFunctions()}`]];
for (const [name, text] of files) {
  const path = join(root, 'stp', name);
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is not what the tables say: run node scripts/generate-syscalls.mjs`);
    process.exitCode = 1;
  }
}
