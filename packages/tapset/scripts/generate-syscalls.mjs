#!/usr/bin/env node
/**
 * node scripts/generate-syscalls.mjs: writes stp/syscalls.stp, stp/syscall_flags.stp and stp/syscall_table.stp from the tables. With --check
 * it writes nothing and ends with status 1 when they are not what the tables say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS } from './syscall-kinds.mjs';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const rows = (name) => readFileSync(join(root, 'tables', name), 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t'));
const HEAD = (table) => `// Made by scripts/generate-syscalls.mjs from ${table}: change those, not this.\n`;
const RETURN_FORMATS = { decimal: 1, hex: 2, octal: 3 };

function fail(message) {
  throw new Error(`tables: ${message}`);
}

function aliases() {
  const known = new Map(rows('syscalls.tsv').map((row) => [row[0], row]));
  return rows('syscall-decoding.tsv').map(([name, returns, ...columns]) => {
    const declared = known.get(name) ?? fail(`'${name}' is not in syscalls.tsv`);
    const parameters = declared[3] === 'void' ? [] : declared[3].split(', ').map((one) => /(\w+)$/.exec(one)[1]);
    const decoded = columns.map((column) => column.split(' '));
    if (decoded.map(([parameter]) => parameter).join() !== parameters.join()) fail(`the parameters of '${name}' are ${parameters.join(', ')}`);
    const parts = decoded.map(([parameter, kind, variable, ...more]) => (KINDS[kind] ?? fail(`'${name}': unknown kind '${kind}'`))(parameter, variable, more));
    const format = parts.map((part, index) => `${index === 0 || part.separate === false ? '' : ', '}${part.format}`).join('');
    const values = parts.flatMap((part) => part.values);
    const lines = [`name = "${name}"`, ...parts.flatMap((part) => part.lines), `argstr = ${values.length === 0 ? '""' : `sprintf("${format}", ${values.join(', ')})`}`];
    const code = RETURN_FORMATS[returns] ?? fail(`'${name}': unknown return format '${returns}'`);
    return `
probe syscall.${name} = nd_syscall.${name} = kernel.syscall("${name}") {
${lines.map((line) => `\t${line}`).join('\n')}
}

probe syscall.${name}.return = nd_syscall.${name}.return = kernel.syscall("${name}").return {
	name = "${name}"
	retval = $return
	retstr = return_str(${code}, $return)
}
`;
  }).join('');
}

/** A value of the table, by architecture where they differ. */
function number(x86, arm) {
  return x86 === arm ? x86 : `%( arch == "x86_64" %? ${x86} %: ${arm} %)`;
}

function flagFunctions() {
  const sets = new Map();
  for (const [set, kind, x86, arm, name] of rows('flags.tsv')) {
    if (!sets.has(set)) sets.set(set, []);
    sets.get(set).push({ kind, value: number(x86, arm), name });
  }
  return [...sets].map(([set, list]) => {
    const of = (kind) => list.filter((one) => one.kind === kind);
    if (of('value').length > 0) {
      const lines = of('value').map(({ value, name }) => `\tif (value == ${value}) return "${name}"`);
      return `\nfunction _${set}_str:string(value:long) {\n${lines.join('\n')}\n\treturn sprintf("%d", value)\n}\n`;
    }
    const [mask] = of('mask');
    const bases = mask === undefined ? [] : [`\tbase = rest & ${mask.value}`, ...of('base').map(({ value, name }) => `\tif (base == ${value}) text = "|${name}"`), `\trest &= ~${mask.value}`];
    const bits = of('bit').map(({ value, name }) => `\tif ((rest & ${value}) == ${value}) { text .= "|${name}"; rest &= ~${value} }`);
    const none = mask === undefined ? ['\tif (text == "") return "0"'] : [];
    return `\nfunction _${set}_str:string(value:long) {\n\ttext = ""\n\trest = value\n${[...bases, ...bits].join('\n')}\n\tif (rest) text .= sprintf("|%#x", rest)\n${none.concat('\treturn substr(text, 1, strlen(text) - 1)').join('\n')}\n}\n`;
  }).join('');
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

const files = {
  'syscalls.stp': `${HEAD('tables/syscalls.tsv and tables/syscall-decoding.tsv')}${aliases()}`,
  'syscall_table.stp': `${HEAD('tables/syscalls.tsv')}${tableFunctions()}`,
  'syscall_flags.stp': `${HEAD('tables/flags.tsv')}${flagFunctions()}`,
};
for (const [name, text] of Object.entries(files)) {
  const path = join(root, 'stp', name);
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${path} is not what the tables say: run node scripts/generate-syscalls.mjs`);
    process.exitCode = 1;
  }
}
