/** A tool's command line, from its description: common flags with one meaning everywhere, filters, flags of its own. */
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { UsageError } from '../exit-codes.js';
import { EXIT_STATUS_HELP, quietCommand } from '../flags.js';
import { parseCount, parseDuration } from '../values.js';
import { SHELLS } from './completion.js';
import type { ToolDescription, ToolOption, ToolOptions, ToolWord } from './description.js';
import { checkFilters, filterFlags, filterGlobals, type Globals } from './filters.js';

const END = 'When it ends:';
const OUTPUT = 'Output:';
const OTHER = 'Other:';

/** A tenth of a second is what a script's clock for intervals counts in (stp/tool-interval.stp). */
const TICKS_PER_SECOND = 10;

function parseInterval(text: string): number {
  const seconds = parseDuration(text);
  if (!Number.isInteger(Math.round(seconds * 1e6) / 1e5)) throw new InvalidArgumentError(`'${text}' is no multiple of 0.1 seconds.`);
  return seconds;
}

const nameOf = ({ flags }: Pick<ToolOption, 'flags'>): string => new Option(flags).name();

function commonFlags({ shows, tables: ownTables, view, ways, columns }: ToolDescription): readonly Option[] {
  const isTable = shows === 'tables' || view !== undefined;
  const tables = ownTables ?? view?.tables;
  const has = (key: 'unit' | 'time'): boolean => [...columns, ...(view?.columns ?? [])].some((column) => (key === 'time' ? column.type === 'time' : column.unit !== undefined));
  const flag = (group: string, flags: string, help: string): Option => new Option(flags, help).helpGroup(group);
  return [
    flag(END, '-d, --duration <time>', 'stop after this time (10, 2.5, 250ms, 5m, 1h)').argParser(parseDuration),
    ...(isTable ? [flag(END, '-i, --interval <time>', tables?.interval === undefined ? 'a table each interval (1, 0.5, 1m); default: one at the end' : `a table each interval (default: ${tables.interval})`).argParser(parseInterval)] : []),
    flag(END, '--count <n>', shows === 'events' ? `stop after n rows${view === undefined ? '' : `, or with --${nameOf(view)} n tables`}` : 'stop after n tables').argParser(parseCount),
    ...(isTable ? [flag(OUTPUT, '--top <n>', tables?.top === undefined ? 'only the n largest rows of a table' : `only the n largest rows of a table (default: ${tables.top})`).argParser(parseCount)] : []),
    flag(OUTPUT, '-J, --json', 'one JSON object a line').conflicts('csv'),
    flag(OUTPUT, '--csv', 'comma-separated values with a header'),
    flag(OUTPUT, '--no-header', 'leave the header out'),
    ...(isTable || has('time') ? [flag(OUTPUT, '-T, --timestamp', shows === 'events' ? `a column with the time, in microseconds${view === undefined ? '' : `, or with --${nameOf(view)} the time above each table`}` : 'the time above each table'), flag(OUTPUT, '--utc', 'times in UTC, as in JSON and CSV')] : []),
    ...(has('unit') ? [flag(OUTPUT, '--raw', 'numbers as they are, without K, M, ms')] : []),
    ...(tables?.live === true ? [flag(OUTPUT, '--scroll', 'tables one below the other, not in place')] : []),
    flag(OUTPUT, '-o, --output <file>', 'write the rows to a file'),
    flag(OUTPUT, '--color <when>', 'colours; NO_COLOR in the environment: never').choices(['auto', 'always', 'never']).default('auto'),
    flag(OUTPUT, '-q, --quiet', 'only rows, warnings and errors'),
    ...(ways.length > 1 ? [flag(OTHER, '--way <way>', 'how to look').choices(['auto', ...ways.map(({ name }) => name)]).default('auto')] : []),
    flag(OTHER, '-v, --verbose', 'say what is done: passes, times, ways of attaching').default(0).argParser((_value: unknown, before: number) => before + 1),
    flag(OTHER, '--print-script', 'print the SystemTap script that would run, and end'),
    flag(OTHER, '--dry-run', 'compile, attach and detach at once; say how'),
    flag(OTHER, '--man', 'print the man page, for man -l -'),
    flag(OTHER, '--completion <shell>', 'print what completes it in this shell').choices(SHELLS),
  ];
}

function ownFlag(option: ToolOption, group: string): Option {
  const made = new Option(option.flags, option.help).helpGroup(option.group ?? group);
  if (option.choices !== undefined) made.choices(option.choices);
  if (option.parse !== undefined) made.argParser(option.parse);
  if (option.default !== undefined) made.default(option.default);
  return option.hidden === true ? made.hideHelp() : made;
}

/** In a usage line: `<probes> [trigger]`. */
export function wordsUsage({ words = [] }: Pick<ToolDescription, 'words'>): string {
  return words.map(({ name, optional }) => (optional === true ? ` [${name}]` : ` <${name}>`)).join('');
}

/** Required words are no business of commander's: --man and --completion do without. */
function wordArgument({ name, help, parse }: ToolWord): Argument {
  const made = new Argument(`[${name}]`, help);
  return parse === undefined ? made : made.argParser(parse);
}

/** Its own flags, with that of its view. */
const ownOptions = ({ options = [], view }: ToolDescription): readonly ToolOption[] => [...options, ...(view === undefined ? [] : [{ flags: view.flags, help: view.help, global: view.global }])];

/** The tool as it shows itself with these options: the view takes the place of the rows when its flag is given. */
export function shownTool(tool: ToolDescription, options: ToolOptions): ToolDescription {
  const { view, columnsFor } = tool;
  if (view === undefined || options[optionKey(view.flags)] !== true) return columnsFor === undefined ? tool : { ...tool, columns: columnsFor(options) };
  return { ...tool, shows: 'tables', columns: view.columns, tables: view.tables };
}

/** Flags of tables mean nothing where rows are shown. */
function checkView(tool: ToolDescription, options: ToolOptions): void {
  if (tool.view === undefined || shownTool(tool, options).shows === 'tables') return;
  for (const key of ['interval', 'top', 'scroll'] as const)
    if (options[key] !== undefined) throw new UsageError(`--${key} goes with --${nameOf(tool.view)}`);
}

const LINE = 80;
const EXAMPLE_WIDTH = 36;

/** "  command   what it is for"; what does not fit a line takes two. */
export function examplesHelp(examples: ToolDescription['examples']): string {
  const fits = ([command, what]: ToolDescription['examples'][number]): boolean => command.length <= EXAMPLE_WIDTH && 4 + EXAMPLE_WIDTH + what.length <= LINE;
  const width = Math.max(0, ...examples.filter(fits).map(([command]) => command.length));
  return examples.map(([command, what]) => {
    const line = `  ${command.padEnd(width)}  ${what}`;
    return command.length <= width && line.length <= LINE ? line : `  ${command}\n      ${what}`;
  }).join('\n');
}

/** The command with all its flags, not yet parsed. */
export function toolCommand(tool: ToolDescription, version: string): Command {
  const command = quietCommand(tool.name, [tool.summary, ...(tool.about ?? [])].join('\n\n')).allowExcessArguments(false);
  for (const word of tool.words ?? []) command.addArgument(wordArgument(word));
  if (tool.words !== undefined) command.usage(`[options]${wordsUsage(tool)}`);
  for (const option of ownOptions(tool)) command.addOption(ownFlag(option, `Options of ${tool.name}:`));
  for (const option of filterFlags(tool.filters)) command.addOption(option);
  for (const option of commonFlags(tool)) command.addOption(option);
  command.version(version, '-V, --version', 'print the version').options.at(-1)?.helpGroup(OTHER);
  return command.addHelpOption(new Option('-h, --help', 'print this help').helpGroup(OTHER)).addHelpText('after', `\nExamples:\n${examplesHelp(tool.examples)}\n${EXIT_STATUS_HELP}`);
}

/** Throws CommanderError and UsageError. */
export function parseToolOptions(tool: ToolDescription, argv: readonly string[], version: string): ToolOptions {
  const command = toolCommand(tool, version).parse([...argv]);
  const words = tool.words ?? [];
  // A --pid of the tool's own is one.
  const { pid: given, ...rest } = command.opts<Omit<ToolOptions, 'pid'> & { readonly pid?: number | readonly number[] }>();
  const pids = typeof given === 'number' ? [given] : given;
  const [pid] = pids ?? [];
  const processes = pids === undefined ? {} : { pids, ...(pids.length > 1 || pid === undefined ? {} : { pid }) };
  const options: ToolOptions = { ...(rest as ToolOptions), ...processes, ...Object.fromEntries(words.map(({ name }, index) => [name, command.processedArgs[index] as unknown])) };
  if (options['man'] === true || options['completion'] !== undefined) return options;
  const missing = words.find(({ name, optional }) => optional !== true && options[name] === undefined);
  if (missing !== undefined) throw new UsageError(`<${missing.name}> is missing`, `see ${tool.name} --help`);
  checkFilters(options);
  checkView(tool, options);
  tool.check?.(options);
  return options;
}

const asGlobal = (value: unknown): string => (value === true ? '1' : typeof value === 'string' ? Buffer.from(value).toString('latin1') : String(value));

/** Name of a flag in commander's options: `-P, --port <port>` is `port`. */
const optionKey = (flags: string): string => new Option(flags).attributeName();

/** What the flags set in the script. */
export function toolGlobals(tool: ToolDescription, options: ToolOptions): Globals {
  const globals = filterGlobals(options);
  for (const { flags, global } of ownOptions(tool)) {
    const value = options[optionKey(flags)];
    if (global === undefined || value === undefined || value === false) continue;
    if (typeof global === 'string') globals.set(global, asGlobal(value));
    else for (const [name, one] of Object.entries(global(value as never))) globals.set(name, asGlobal(one));
  }
  const { shows, tables } = shownTool(tool, options);
  const seconds = options.interval ?? tables?.interval;
  if (shows === 'tables' && seconds !== undefined) globals.set('interval_ticks', String(Math.round(seconds * TICKS_PER_SECOND)));
  return globals;
}
