/** The command line of flamegraph. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { EXIT_STATUS_HELP, SHELLS, UsageError, createCommand, examplesHelp, type CommandPage, type Shell } from '@stapkit/cli-kit';
import { COLOR_SCHEMES, type ColorScheme } from '../drawing/colors.js';
import { WRITERS } from '../formats/registry.js';
import { GROUPINGS, type Grouping } from '../profile/functions.js';
import { addSamplingOptions, checkSamplingOptions, givenSamplingOptions, type SamplingOptions } from './sampling-options.js';

/** What `--format` takes besides the writers' names. */
export const PAGE_FORMAT = 'html';

export interface OutputOptions {
  /** Of -o; `-` is standard output. */
  readonly output?: string;
  /** `html` or the name of a writer. */
  readonly format?: string;
  readonly split?: boolean;
  readonly title?: string;
  /** Name of the value to show. */
  readonly value?: string;
  readonly groupBy?: Grouping;
  readonly reverse?: boolean;
  readonly icicle?: boolean;
  readonly colors: ColorScheme;
}

export interface FlamegraphOptions extends OutputOptions, SamplingOptions {
  /** `-` is standard input. */
  readonly from?: string;
  readonly diff?: readonly [before: string, after: string];
  readonly minPercent: number;
  readonly man?: boolean;
  readonly completion?: Shell;
}

const FORMAT_NAMES = [PAGE_FORMAT, ...WRITERS.map(({ name }) => name)];

const FORMATS = [[PAGE_FORMAT, '.html', 'a page to look at, in one file'] as const, ...WRITERS.map(({ name, endings, description }) => [name, endings[0] ?? '', description] as const)];
const READS = 'Reads folded stacks, perf script\'s text, speedscope\'s JSON, pprof, and its own pages, gzipped or not.';

const EXAMPLES: CommandPage['examples'] = [
  ['flamegraph', 'the whole machine, 10 s'],
  ["flamegraph -c 'node script.js'", 'a command, from its first to its end'],
  ['flamegraph --pid 1511 --duration 10 -o out.html', 'a process for 10 s'],
  ['flamegraph --off-cpu --pid 1511', 'where it waits'],
  ['flamegraph --probe \'kernel.trace("tcp_retransmit_skb")\'', 'who sends again'],
  ['perf script | flamegraph --from -', "perf's samples, to flamegraph.html"],
  ['flamegraph --from cpu.pb.gz -o cpu.svg', 'a picture'],
  ['flamegraph --diff old.folded new.folded', 'what became slower'],
  ['flamegraph --from cpu.html --format folded | grep malloc', 'a page as text'],
];

const OFF_CPU_EXAMPLES: CommandPage['examples'] = [
  ['off-cpu --pid 1511 --duration 10', 'where a process waits, in 10 s'],
  ["off-cpu -c './prog' -o waits.html", 'a command, from its first to its end'],
  ['off-cpu --comm nginx --min-us 1000', 'waits of a millisecond and more'],
  ['off-cpu --pid 1511 --format folded', 'the stacks as text'],
];

const formatsHelp = (reads: string | undefined, examples: CommandPage['examples']): string => `
Formats (--format NAME, or by the ending of -o's file):
${FORMATS.map(([name, ending, description]) => `  ${name.padEnd(13)}${ending.padEnd(17)}${description}`).join('\n')}

${reads === undefined ? '' : `${reads.replace(', and', ',\nand')}\n\n`}Examples:
${examplesHelp(examples)}
`;

/** What the man page tells besides the flags. */
const PAGE: CommandPage = {
  name: 'flamegraph', summary: 'Samples programs and draws flame graphs; reads and writes other profiles.', usage: '', examples: EXAMPLES,
  about: [
    'It samples what computes, what waits (--off-cpu) or who gets to a probe point (--probe), of the whole machine, a process or a command, and draws it as a page, flamegraph.html, that opens from disk and loads nothing. User stacks need no frame pointers: they are found by unwind tables.',
    'With --from and --diff it reads profiles instead of sampling. flamegraph --print-script shows the SystemTap script that would run.',
    'When the profile goes to standard output, what the command of -c prints there goes to standard error.',
  ],
  sections: [['FORMATS', [`--format takes these names; without it the ending of -o's file decides. ${FORMATS.map(([name, ending, description]) => `${name} (${ending}): ${description}`).join('; ')}.`, READS]]],
};

/** Of the command of the package off-cpu, which is flamegraph --off-cpu by that name. */
const OFF_CPU_PAGE: CommandPage = {
  name: 'off-cpu', summary: 'Draws flame graphs of the time that threads wait.', usage: '', examples: OFF_CPU_EXAMPLES,
  about: ['It is flamegraph --off-cpu by a name of its own: a page, flamegraph.html, of the stacks at which threads left the processor, as wide as the time until they ran again.'],
  sections: [['FORMATS', [`--format takes these names; without it the ending of -o's file decides. ${FORMATS.map(([name, ending, description]) => `${name} (${ending}): ${description}`).join('; ')}.`]]],
};

export type CommandName = 'flamegraph' | 'off-cpu';
export const PAGES: Readonly<Record<CommandName, CommandPage>> = { flamegraph: PAGE, 'off-cpu': OFF_CPU_PAGE };

function parsePercent(text: string): number {
  const value = Number(text.replace(/%$/, ''));
  if (!/^\d+(?:\.\d*)?%?$/.test(text) || value > 100) throw new InvalidArgumentError(`'${text}' is no percentage from 0 to 100.`);
  return value;
}

export function flamegraphCommand(version: string, name: CommandName): Command {
  const { summary, examples } = PAGES[name];
  const command = addSamplingOptions(createCommand(name, summary, version, ['pid', 'comm', 'command', 'duration', 'verbose', 'printScript', 'dryRun']), name === 'off-cpu');
  if (name === 'flamegraph') command.option('--from <file>', "show this profile ('-': standard input)").option('--diff <files...>', 'BEFORE AFTER: compare two profiles');
  return command
    .option('-o, --output <file>', "where to write ('-': standard output; default: flamegraph.html, other formats to standard output)")
    .addOption(new Option('-f, --format <name>', 'what to write').choices(FORMAT_NAMES))
    .option('--split', "page, script, style as three files, for servers whose Content-Security-Policy forbids inline code")
    .option('--title <text>', 'heading of the page or picture')
    .option('--value <name>', 'of several values in a profile, the one to show')
    .addOption(new Option('--group-by <what>', 'at the bottom of stacks (default: process, when there are several)').choices(GROUPINGS))
    .option('--reverse', 'callers above the functions that they call')
    .option('--icicle', 'roots above')
    .addOption(new Option('--colors <scheme>', 'colours by').choices(COLOR_SCHEMES).default('kind'))
    .addOption(new Option('--min-percent <share>', 'cut what has less than this share of the whole').argParser(parsePercent).default(0))
    .option('--man', 'print the man page, for man -l -')
    .addOption(new Option('--completion <shell>', 'print what completes it in this shell').choices(SHELLS))
    .addHelpText('after', `${formatsHelp(name === 'off-cpu' ? undefined : READS, examples)}${EXIT_STATUS_HELP}`);
}

export function parseOptions(argv: readonly string[], version: string, name: CommandName = 'flamegraph'): FlamegraphOptions {
  const options = flamegraphCommand(version, name).parse([...argv]).opts<Omit<FlamegraphOptions, 'diff'> & { diff?: readonly string[] }>();
  const { diff, ...rest } = options;
  const [sampling] = givenSamplingOptions(rest);
  const isRead = rest.from !== undefined ? '--from' : diff === undefined ? undefined : '--diff';
  if (isRead !== undefined && sampling !== undefined) throw new UsageError(`${isRead} and ${sampling}: a profile is read or sampled`);
  checkSamplingOptions(rest);
  if (diff === undefined) return rest;
  const [before, after, ...more] = diff;
  if (before === undefined || after === undefined || more.length > 0) throw new UsageError(`--diff: two profiles are compared, ${diff.length} ${diff.length === 1 ? 'is' : 'are'} named`, 'write --diff BEFORE AFTER');
  if (rest.from !== undefined) throw new UsageError('--from and --diff: one or the other');
  return { ...rest, diff: [before, after] };
}
