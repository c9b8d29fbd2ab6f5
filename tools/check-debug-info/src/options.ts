/** The command line of check-debug-info. */
import { Option, type Command } from 'commander';
import { SHELLS, UsageError, appended, examplesHelp, parsePids, quietCommand, type CommandPage, type Shell } from '@stapkit/cli-kit';

export interface CheckOptions {
  /** Programs, libraries, process ids, `kernel`. */
  readonly what: readonly string[];
  readonly pid?: readonly number[];
  readonly kernel?: boolean;
  readonly module?: readonly string[];
  readonly package?: readonly string[];
  readonly probe?: readonly string[];
  /** With the libraries that programs would load. */
  readonly libraries: boolean;
  readonly servers?: boolean;
  readonly missing?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly header: boolean;
  readonly output?: string;
  readonly color: 'auto' | 'always' | 'never';
  readonly quiet?: boolean;
  readonly verbose: number;
  readonly man?: boolean;
  readonly completion?: Shell;
}

const EXIT_STATUS = `
Exit status: 0 all of it has debug information (or, with --probe, all points
work), 1 some has not, 2 wrong usage or it cannot be looked at.`;

export const PAGE: CommandPage = {
  name: 'check-debug-info',
  summary: 'Tells what debug information is there, and how to get what is missing.',
  usage: ' [\\fIWHAT\\fR...]',
  about: [
    'For a program, a process, a package, the kernel or its modules it says of each file: its symbols, its build-id, whether there is debug information (DWARF), where, and what is in it, which probe points of stapkit work with that, and with which command or from which address what is missing can be had.',
    "WHAT is a program by its path or as the shell finds it, with the libraries that it would load; a library, such as libc; a process id, with the files that it has mapped; or kernel. Without any, it is the kernel.",
    'Nothing is installed, fetched or traced. For the kernel, as root, it attaches a probe of each kind for a moment, and says which the kernel takes.',
  ],
  examples: [
    ['check-debug-info varnishd', 'a program and its libraries'],
    ['check-debug-info --pid 1511', 'what a process has mapped'],
    ['check-debug-info', 'the kernel: types, symbols, DWARF, probes'],
    ['check-debug-info --package nginx-core --missing', 'files of a package that lack some'],
    ['check-debug-info --servers libc', "ask the distribution's debuginfod server"],
    ["check-debug-info --probe 'process(\"nginx\").function(\"ngx_*\")'", 'would this probe point work?'],
  ],
  sections: [
    ['FIELDS', [
      'FUNCTIONS: how many functions have names, and from where: all of .symtab, packed in .gnu_debugdata, or exported ones of .dynsym alone. DWARF: in the file, in a separate file, fetched from a debuginfod server before, or none. INLINE: places of inlined functions. LINES: source lines. STACKS: call frame tables, by which stacks are found without frame pointers. MARKS: places of <sys/sdt.h>.',
      'JSON and CSV have a row a file, with these fields: kind (file, kernel, module), name, path, pid, package, version, build_id, symtab_functions, packed_functions, exported_functions, marks, plt_calls, call_frames, dwarf (inside, separate, fetched, none), dwarf_version, inline, lines, split, debug_file, debug_file_by, debug_link, common_file, debuginfod, works, lacks, install, url, problem.',
    ]],
    ['ENVIRONMENT', ['DEBUGINFOD_URLS: the servers that are asked, with DEBUGINFOD_TIMEOUT seconds (10 at most) for each answer. SYSTEMTAP_DEBUGINFO_PATH: where separate debug files are looked for, as stap does.']],
  ],
  exitStatus: EXIT_STATUS,
};

const WHAT = 'What to check:';
const OUTPUT = 'Output:';
const OTHER = 'Other:';

const list = (text: string, before: readonly string[] = []): readonly string[] => [...before, ...text.split(',').filter((word) => word !== '')];

export function checkCommand(version: string): Command {
  const flag = (group: string, flags: string, help: string): Option => new Option(flags, help).helpGroup(group);
  const command = quietCommand(PAGE.name, PAGE.summary)
    .usage('[options] [what...]')
    .argument('[what...]', 'programs, libraries (libc), process ids, kernel');
  const options = [
    flag(WHAT, '-p, --pid <pid>', 'the files that this process has mapped, or these (7,8)').argParser(parsePids),
    flag(WHAT, '-k, --kernel', 'the running kernel'),
    flag(WHAT, '-m, --module <name>', 'a module of the kernel').argParser(list),
    flag(WHAT, '--package <name>', 'programs and libraries of an installed package').argParser(list),
    flag(WHAT, '--probe <point>', 'would this probe point work? With --pid, for that process').argParser(appended),
    flag(WHAT, '--no-libraries', 'only the files named, not the libraries that they load'),
    flag(WHAT, '--servers', "ask the distribution's debuginfod server, if DEBUGINFOD_URLS names none"),
    flag(OUTPUT, '--missing', 'only files without debug information'),
    flag(OUTPUT, '-J, --json', 'one JSON object a line').conflicts('csv'),
    flag(OUTPUT, '--csv', 'comma-separated values with a header'),
    flag(OUTPUT, '--no-header', 'leave the header out'),
    flag(OUTPUT, '-o, --output <file>', 'write to a file'),
    flag(OUTPUT, '--color <when>', 'colours; NO_COLOR in the environment: never').choices(['auto', 'always', 'never']).default('auto'),
    flag(OUTPUT, '-q, --quiet', 'nothing but the exit status and errors'),
    flag(OUTPUT, '-v, --verbose', 'all of each file, and where was looked').default(0).argParser((_value: unknown, before: number) => before + 1),
    flag(OTHER, '--man', 'print the man page, for man -l -'),
    flag(OTHER, '--completion <shell>', 'print what completes it in this shell').choices(SHELLS),
  ];
  for (const option of options) command.addOption(option);
  command.version(version, '-V, --version', 'print the version').options.at(-1)?.helpGroup(OTHER);
  return command.addHelpOption(new Option('-h, --help', 'print this help').helpGroup(OTHER)).addHelpText('after', `\nExamples:\n${examplesHelp(PAGE.examples)}\n${EXIT_STATUS}`);
}

/** Throws CommanderError and UsageError. */
export function parseOptions(argv: readonly string[], version: string): CheckOptions {
  const command = checkCommand(version).parse([...argv]);
  const options = { ...command.opts<Omit<CheckOptions, 'what'>>(), what: command.args };
  if (options.probe !== undefined && (options.pid?.length ?? 0) > 1) throw new UsageError('--probe goes with one --pid');
  return options;
}
