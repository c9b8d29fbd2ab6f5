/** What the .meta file of an example says it is to be called with. */
import { existsSync, readFileSync } from 'node:fs';

/** Words of a command line, with '…' and "…". */
const words = (line) => [...line.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => match[1] ?? match[2]?.replace(/\\(.)/g, '$1') ?? match[3]);

/** Options of stap that take a value. */
const VALUED = new Set(['-c', '-x', '-d', '-I', '-D', '-G', '-s', '-m', '-o', '-e', '-r', '-T']);

/** The part of a line of the file that calls stap; undefined: there is none. */
function lineOf(file, key) {
  const meta = file.replace(/\.stp$/, '.meta');
  const line = existsSync(meta) ? readFileSync(meta, 'latin1').split('\n').find((one) => one.startsWith(`${key}:`)) : undefined;
  return line?.slice(key.length + 1).split(';').find((part) => /(^|\s)stap\s/.test(part));
}

/** @returns arguments, globals of -G, folders of -I, the command of -c and the seconds of -T */
function parse(line) {
  const call = { args: [], globals: new Map(), command: undefined, seconds: undefined, folders: [] };
  const given = line === undefined ? [] : words(line);
  let seen = false;
  for (let index = given.indexOf('stap') + 1; index < given.length; index++) {
    const word = given[index];
    if (word === '-G') {
      const [name, value = ''] = given[++index].split(/=(.*)/s);
      call.globals.set(name, value);
    } else if (word === '-c') call.command = given[++index];
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
  return line === undefined ? undefined : parse(line);
}
