/** The command line of flamegraph. */
import { InvalidArgumentError, Option } from 'commander';
import { EXIT_STATUS_HELP, UsageError, createCommand } from '@stapkit/cli-kit';
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
}

const FORMAT_NAMES = [PAGE_FORMAT, ...WRITERS.map(({ name }) => name)];

const FORMATS_HELP = `
Formats (--format NAME, or by the ending of -o's file):
${[[PAGE_FORMAT, '.html', 'a page to look at, in one file'] as const, ...WRITERS.map(({ name, endings, description }) => [name, endings[0] ?? '', description] as const)]
    .map(([name, ending, description]) => `  ${name.padEnd(13)}${ending.padEnd(17)}${description}`).join('\n')}

Reads folded stacks, perf script's text, speedscope's JSON, pprof, and its own
pages, gzipped or not.

Examples:
  flamegraph                                the whole machine, 10 s
  flamegraph -c 'node script.js'            a command, from its first to its end
  flamegraph --pid 1511 --duration 10 -o out.html
  flamegraph --off-cpu --pid 1511           where it waits
  flamegraph --probe 'kernel.trace("tcp_retransmit_skb")'
  perf script | flamegraph --from -         to flamegraph.html
  flamegraph --from cpu.pb.gz -o cpu.svg    a picture
  flamegraph --diff old.folded new.folded   what became slower
  flamegraph --from cpu.html --format folded | grep malloc
`;

function parsePercent(text: string): number {
  const value = Number(text.replace(/%$/, ''));
  if (!/^\d+(?:\.\d*)?%?$/.test(text) || value > 100) throw new InvalidArgumentError(`'${text}' is no percentage from 0 to 100.`);
  return value;
}

export function parseOptions(argv: readonly string[], version: string): FlamegraphOptions {
  const command = addSamplingOptions(createCommand('flamegraph', 'Samples stacks and draws them as a flame graph; draws profiles of other profilers, too.', version, ['pid', 'comm', 'command', 'duration', 'verbose', 'printScript', 'dryRun']))
    .option('--from <file>', "show this profile ('-': standard input)")
    .option('--diff <files...>', 'BEFORE AFTER: compare two profiles')
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
    .addHelpText('after', `${FORMATS_HELP}${EXIT_STATUS_HELP}`);
  const options = command.parse([...argv]).opts<Omit<FlamegraphOptions, 'diff'> & { diff?: readonly string[] }>();
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
