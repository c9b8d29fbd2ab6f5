/** What the .meta file of an example says it is to be called with. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Words of a command line, with '…' and "…". */
const words = (line) => [...line.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => match[1] ?? match[2]?.replace(/\\(.)/g, '$1') ?? match[3]);

/** Options of stap that take a value. */
const VALUED = new Set(['-c', '-x', '-d', '-I', '-D', '-G', '-s', '-m', '-o', '-e', '-r', '-T']);

/** The part of a line of the file that calls stap; undefined: there is none. */
function lineOf(file, key) {
  const meta = file.replace(/\.stp$/, '.meta');
  const line = existsSync(meta) ? readFileSync(meta, 'latin1').split('\n').find((one) => one.startsWith(`${key}:`)) : undefined;
  return line?.slice(key.length + 1).split(';').find((part) => /(^|\s)stap\s/.test(part))?.replace(/\|\|.*/, (rest) => (/['"]/.test(rest) ? rest : ''));
}

/**
 * @returns arguments, globals of -G, folders of -I, the command of -c, the process of -x, the seconds of -T, the file of -o,
 * what the shell would write to its standard input, and whether it ends with a pass before the run
 */
function parse(line) {
  const call = { args: [], globals: new Map(), command: undefined, process: undefined, seconds: undefined, output: undefined, input: undefined, folders: [], isCompiled: false };
  const given = line === undefined ? [] : words(line);
  call.input = /^(.*\S)\s*\|\s*stap\s/.exec(line ?? '')?.[1];
  let seen = false;
  for (let index = given.indexOf('stap') + 1; index < given.length; index++) {
    const word = given[index];
    if (word === '-G') {
      const [name, value = ''] = given[++index].split(/=(.*)/s);
      call.globals.set(name, value);
    } else if (word === '-c') call.command = given[++index];
    else if (word === '-x') call.process = given[++index];
    else if (word === '-o') call.output = given[++index];
    else if (/^-p[1-4]$/.test(word)) call.isCompiled = true;
    else if (word === '-T') call.seconds = Number(given[++index]);
    else if (word === '-I') call.folders.push(given[++index]);
    else if (/^-I./.test(word)) call.folders.push(word.slice(2));
    else if (VALUED.has(word)) index++;
    else if (word.endsWith('.stp') && !seen) seen = true;
    else if (seen && !(word.startsWith('-') && word.length > 1 && !/^-\d/.test(word))) call.args.push(word);
  }
  // What the shell would have put in: a process, an address.
  call.args = call.args.map((word) => (/^\$+$|^\$!$/.test(word) ? '1' : word.includes('`') ? '0x1000' : word));
  return call;
}

/** How the script is compiled (test_check). */
export const checkCall = (file) => parse(lineOf(file, 'test_check'));

/** How it is run (test_installcheck); undefined: the file does not say. */
export function runCall(file) {
  const line = lineOf(file, 'test_installcheck');
  return line === undefined ? undefined : { ...parse(line), folder: dirname(file) };
}

/** Seconds where a script would go on for ever and no one says how long. */
export const OWN_SECONDS = 2;

/** In double quotes where the shell of the check would have put something in. */
const quoteShell = (text) => (/[`$]/.test(text) ? `"${text.replaceAll(/(["\\])/g, '\\$1')}"` : `'${text.replaceAll("'", "'\\''")}'`);

/**
 * @param call how it is run; undefined: nothing is said
 * @returns options of stapkit-run, and what comes before the command
 */
export function runWords(call) {
  const { command, process: id, seconds, output, input } = call ?? {};
  // The shell's own number is what a script is given for a process of which nothing else is said.
  const options = [
    ...(command === undefined ? [] : ['-c', quoteShell(command)]), ...(id === undefined ? [] : ['-x', /^\d+$/.test(id) ? id : '$$']), ...(output === undefined ? [] : ['-o', quoteShell(output)]),
    ...(command !== undefined && seconds === undefined ? [] : ['-T', String(seconds ?? OWN_SECONDS)]),
  ];
  return { options: options.join(' '), before: input === undefined ? '' : `${input} | `, after: input === undefined ? ' < /dev/null' : '' };
}
