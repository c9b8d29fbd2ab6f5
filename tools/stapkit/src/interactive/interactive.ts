/** -i: a prompt at which a script is put together and run, as stap has it. Lines from a pipe or a file do the same without a prompt. */
import { UsageError, explainError } from '@stapkit/cli-kit';
import type { StapOptions } from '../options.js';
import { COMMAND_NAMES, commandNamed, load } from './commands.js';
import { PromptCompletion } from './completion.js';
import { History } from './history.js';
import { PlainLines, TerminalLines, type Lines } from './lines.js';
import { samples } from './samples.js';
import { InteractiveSession } from './session.js';

const PROMPT = 'stapkit> ';
/** What a declaration begins with; the word add need not stand before it. */
const DECLARATION = /^(?:(?:probe|function|global|private)\b|@define\b|%\()/;

/** Of a terminal: with what the session knows, which is made after it. */
function terminalLines(history: History, session: () => InteractiveSession): Lines {
  let completion: PromptCompletion | undefined;
  return new TerminalLines(history, (line, done) => {
    const { script, pending, target, options } = session();
    completion ??= new PromptCompletion(target, options.libraries);
    completion.complete(line, { script: script.text, pending, commands: COMMAND_NAMES, samples: () => samples().map(({ name }) => name) })
      .then((found) => { done(null, found); }, (error: unknown) => { done(error instanceof Error ? error : new Error(String(error))); });
  });
}

async function obey(session: InteractiveSession, line: string): Promise<number | 'quit'> {
  const text = line.trim();
  if (DECLARATION.test(text)) return session.add(text);
  const [, word = '', argument = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  const command = commandNamed(word);
  if (command === undefined) throw new UsageError(`there is no command '${word}'`, 'help lists them; a declaration begins with probe, function or global', 1);
  return command.run(session, argument);
}

/** Gives the exit status of the last command, as a shell does. */
export async function runInteractive(options: StapOptions): Promise<number> {
  const history = new History();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const lines: Lines = isTerminal ? terminalLines(history, () => session) : new PlainLines();
  const session: InteractiveSession = new InteractiveSession(options, lines, history);
  if (options.inline !== undefined) session.script.replace(options.inline);
  else if (options.file !== undefined) await load(session, options.file);
  const ended = { asked: false };
  const end = (): void => {
    ended.asked = true;
    lines.close();
  };
  process.on('SIGTERM', end).on('SIGHUP', end);
  let status = 0;
  try {
    while (!ended.asked) {
      const answer = await lines.next(PROMPT);
      if (answer.line === undefined && answer.why === 'ended') {
        if (isTerminal) process.stdout.write('\n');
        break;
      }
      const { line = '' } = answer;
      if (line.trim() === '') continue;
      const done = await obey(session, line).catch((error: unknown) => {
        const { text, exitCode } = explainError('stapkit', error, false);
        process.stderr.write(text);
        return exitCode;
      });
      if (done === 'quit') break;
      status = done;
    }
    return status;
  } finally {
    process.off('SIGTERM', end).off('SIGHUP', end);
    lines.close();
    const why = isTerminal ? history.save() : undefined;
    if (why !== undefined) process.stderr.write(`stapkit: the history is not kept: ${why}\n`);
  }
}
