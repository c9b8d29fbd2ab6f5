/** `stapkit doctor`: what this machine can do, line by line, what each missing thing costs, and the command that mends it. */
import { Option, type Command } from 'commander';
import { EXIT, examplesHelp, quietCommand, styled, wantsColor, type CommandPage, type TerminalStyle } from '@stapkit/cli-kit';
import { lookAtMachine } from './facts.js';
import { sudoersRule } from './sudoers.js';
import { canTrace, findings, type Finding, type State } from './findings.js';

interface DoctorOptions {
  readonly json?: boolean;
  readonly installSudoers?: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

const EXAMPLES: CommandPage['examples'] = [
  ['sudo stapkit doctor', 'what works here, and how to get the rest'],
  ['stapkit doctor --json', 'the same, an object a line'],
  ['stapkit doctor --install-sudoers', 'the rule for members of stapusr, to look at'],
];

const EXIT_STATUS = '\nExit status: 0 scripts can trace the kernel here, 1 they cannot, or not by this\nuser.';

export function doctorCommand(): Command {
  return quietCommand('stapkit doctor', 'Tells what this machine can do for scripts, and how to mend what is missing.')
    .usage('[options]')
    .option('-J, --json', 'one JSON object a line')
    .option('--install-sudoers', 'print a sudoers rule that lets members of stapusr run approved objects')
    .addOption(new Option('--color <when>', 'colours; NO_COLOR in the environment: never').choices(['auto', 'always', 'never']).default('auto'))
    .allowExcessArguments(false)
    .addHelpText('after', `\nExamples:\n${examplesHelp(EXAMPLES)}\n${EXIT_STATUS}`);
}

const STYLES: Readonly<Record<State, TerminalStyle>> = { works: 'green', partly: 'yellow', missing: 'red', unknown: 'dim' };
const NAME = 21;
const STATE = 9;
const WIDTH = 80;

/** Words behind a label, in lines of 80 columns; a command stays whole. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && NAME + STATE + last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function labelled(label: string, text: string, whole: boolean): string {
  return (whole ? [text] : wrapped(text)).map((line, index) => `${' '.repeat(NAME)}${(index === 0 ? label : '').padEnd(STATE)}${line}\n`).join('');
}

function findingText({ check, state, found, costs, mend }: Finding, color: boolean): string {
  const name = color ? styled('bold', check.padEnd(NAME)) : check.padEnd(NAME);
  const word = color ? styled(STYLES[state], state.padEnd(STATE)) : state.padEnd(STATE);
  const [first = '', ...rest] = wrapped(found);
  const indent = ' '.repeat(NAME + STATE);
  return `${name}${word}${first}\n${rest.map((line) => `${indent}${line}\n`).join('')}${costs === undefined ? '' : labelled('costs', costs, false)}${mend === undefined ? '' : labelled('mend', mend, /^(?:sudo|export|echo) /.test(mend))}`;
}

/** For people. */
export const findingsText = (all: readonly Finding[], color: boolean): string => all.map((one) => findingText(one, color)).join('');

/** An object a line; what does not apply is null. */
export const findingsJson = (all: readonly Finding[]): string => all.map(({ check, state, found, costs = null, mend = null }) => `${JSON.stringify({ check, state, found, costs, mend })}\n`).join('');

/** @param argv as of the process: node, script, `doctor`, options */
export function doctor(argv: readonly string[]): number {
  const options = doctorCommand().parse([...argv.slice(0, 2), ...argv.slice(3)]).opts<DoctorOptions>();
  if (options.installSudoers === true) {
    process.stdout.write(sudoersRule());
    return EXIT.ok;
  }
  const all = findings(lookAtMachine(process.env));
  process.stdout.write(options.json === true ? findingsJson(all) : findingsText(all, wantsColor(options.color, process.stdout.isTTY)));
  return canTrace(all) ? EXIT.ok : EXIT.failed;
}
