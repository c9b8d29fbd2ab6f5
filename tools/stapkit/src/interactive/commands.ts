/** The commands of the prompt: stap's names, what each is for, and what it does. */
import { isUtf8 } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError, reasonOf } from '@stapkit/cli-kit';
import { samples, samplesFor, titleOf } from './samples.js';
import type { InteractiveSession } from './session.js';
import { changeSetting, settingsHelp, showSettings } from './settings.js';

export interface PromptCommand {
  readonly name: string;
  readonly argument: string;
  readonly meaning: string;
  /** Gives the exit status, or 'quit'. */
  readonly run: (session: InteractiveSession, argument: string) => Promise<number | 'quit'> | number | 'quit';
}

const say = (text: string): number => {
  process.stdout.write(text);
  return 0;
};

const pathOf = (name: string): string => name.replace(/^~(?=\/)/, homedir());

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(pathOf(file));
  } catch (error) {
    throw new UsageError(`cannot read the script '${file}': ${reasonOf(error)}`, undefined, 1);
  }
  if (!isUtf8(bytes)) throw new UsageError(`the script '${file}' is not text in UTF-8`, 'run it without -i, which takes any bytes', 1);
  return bytes.toString('utf8');
}

/** Takes the script from a file, and looks at it. @throws UsageError for one that cannot be read */
export function load(session: InteractiveSession, file: string): Promise<number> {
  if (file === '') throw new UsageError('load: a file is wanted', 'write load FILE', 1);
  session.script.replace(readText(file));
  session.script.markSaved();
  session.file = file;
  return session.analyze();
}

function save(session: InteractiveSession, argument: string): number {
  const file = argument === '' ? session.file : argument;
  if (file === undefined) throw new UsageError('save: a file is wanted', 'write save FILE', 1);
  try {
    writeFileSync(pathOf(file), session.script.text);
  } catch (error) {
    throw new UsageError(`cannot write the script '${file}': ${reasonOf(error)}`, undefined, 1);
  }
  session.script.markSaved();
  session.file = file;
  return 0;
}

function edit(session: InteractiveSession): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-edit-'));
  try {
    const file = join(folder, 'script.stp');
    writeFileSync(file, session.script.text);
    const editor = process.env['EDITOR'] ?? 'vi';
    session.lines.leave();
    const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: [session.lines.isTerminal ? 'inherit' : 'ignore', 'inherit', 'inherit'] });
    if (error !== undefined || status !== 0) throw new UsageError(`the editor '${editor}' failed${error === undefined ? ` with status ${status ?? 'unknown'}` : `: ${error.message}`}; the script is as it was`, 'set EDITOR to one that is there', 1);
    session.script.replace(readText(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return session.analyze();
}

function sample(session: InteractiveSession, word: string): Promise<number> | number {
  const found = word === '' ? samples() : samplesFor(word);
  const [only] = found;
  if (only === undefined) throw new UsageError(`no sample has '${word}' in its name or title`, 'sample alone lists them all', 1);
  if (word === '' || found.length > 1) return say(found.map((one) => `${one.name.padEnd(40)} ${titleOf(one)}\n`).join(''));
  session.script.replace(readText(only.path));
  session.script.markSaved();
  session.file = undefined;
  say(`${only.name}: ${titleOf(only)}\n`);
  return session.analyze();
}

function set(session: InteractiveSession, argument: string): number {
  const [, name = '', value = ''] = /^(\S*)\s*(.*)$/s.exec(argument) ?? [];
  if (name === '') return say(settingsHelp());
  session.options = changeSetting(session.options, name, value);
  return 0;
}

async function quit(session: InteractiveSession): Promise<number | 'quit'> {
  if (!session.lines.isTerminal || session.script.isSaved) return 'quit';
  const answer = await session.lines.next('The script is not saved. Quit without it? [y/n] ');
  return answer.line === undefined ? (answer.why === 'ended' ? 'quit' : 0) : /^y(es)?$/i.test(answer.line.trim()) ? 'quit' : 0;
}

export const COMMANDS: readonly PromptCommand[] = [
  { name: 'help', argument: '[COMMAND]', meaning: 'list the commands, or tell of one', run: (_session, name) => say(helpText(name)) },
  { name: 'add', argument: 'DECLARATION', meaning: 'add a probe, a function, a global or a macro; it goes on over lines until it is whole. The word add may be left out', run: (session, text) => session.add(text) },
  { name: 'delete', argument: '[N|N-M]', meaning: 'delete a line, a range of lines, or the whole script', run: (session, range) => { session.script.delete(range); return 0; } },
  { name: 'list', argument: '', meaning: 'show the script with the numbers of its lines', run: (session) => say(session.script.numbered) },
  { name: 'edit', argument: '', meaning: 'edit the script with $EDITOR (vi)', run: edit },
  { name: 'load', argument: 'FILE', meaning: 'take the script from a file', run: load },
  { name: 'save', argument: '[FILE]', meaning: 'write the script to a file; without a name, to the last one', run: save },
  { name: 'sample', argument: '[WORD]', meaning: "take one of SystemTap's examples by its name; list those that have the word in name or title", run: sample },
  { name: 'run', argument: '', meaning: 'run the script; Ctrl-C ends it', run: (session) => session.run() },
  { name: 'set', argument: '[NAME VALUE]', meaning: 'change an option; alone: list them', run: set },
  { name: 'show', argument: '[NAME]', meaning: 'show the options with their values', run: (session, name) => say(showSettings(session.options, name)) },
  { name: 'history', argument: '', meaning: 'show the lines that were typed', run: (session) => say(session.history.oldestFirst.map((line) => `${line}\n`).join('')) },
  { name: 'quit', argument: '', meaning: 'leave (also exit, and Ctrl-D)', run: quit },
];

export const COMMAND_NAMES: readonly string[] = COMMANDS.map(({ name }) => name);

export function commandNamed(name: string): PromptCommand | undefined {
  return COMMANDS.find((one) => one.name === (name === 'exit' ? 'quit' : name));
}

function helpText(name: string): string {
  const lineOf = ({ name: command, argument, meaning }: PromptCommand): string => `${`${command} ${argument}`.padEnd(18)} ${meaning}\n`;
  if (name === '') return COMMANDS.map(lineOf).join('');
  const command = commandNamed(name);
  if (command === undefined) throw new UsageError(`there is no command '${name}'`, 'help lists them', 1);
  return `${lineOf(command)}${command.name === 'set' || command.name === 'show' ? settingsHelp() : ''}`;
}
