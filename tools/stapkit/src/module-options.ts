/**
 * Options of stap and staprun that are about the kernel module, the C compiler or servers, which are not there. They are taken, so
 * that command lines of today work, and say in one line what becomes of them; what would make a script mean another thing is refused.
 */
import { UsageError } from '@stapkit/cli-kit';
import { Option, type Command } from 'commander';

export interface ModuleOption {
  /** As commander takes it. A value in brackets is given with `=` alone, as getopt_long has it. */
  readonly flags: string;
  /** Why it does nothing, or cannot be done. */
  readonly why: string;
  /** It ends the run; what to do instead, if there is something. */
  readonly refused?: true | { readonly advice: string };
}

const NO_MODULE = 'there is no kernel module';
const NO_C = 'no C code is made';
const NAMES_ANYWAY = 'names are looked up in whatever is mapped when a text is made';
const NO_SERVER = 'scripts are compiled by stapkit itself, without a server';
const NO_PROLOGUE = "values at a function's entry are read where the debug information or the calling convention has them";
const LIMITS_OF_PROCESS = 'no compiler is started; prlimit(1) limits stapkit itself';

const ALL_MISTAKES = 'all mistakes that a pass finds are told at once';
const BENCHMARK = "it measures SystemTap's own marks";
const NO_JAVA = 'java probes need agents that stapkit does not have';
const JAVA_MARKS = { advice: 'Java\'s own marks are process("PATH/libjvm.so").mark("NAME")' };
const SERVERS = { advice: 'leave it out' };

export const STAP_MODULE_OPTIONS: readonly ModuleOption[] = [
  { flags: '-b', why: 'what all processors print comes through one buffer, in order' },
  { flags: '-q', why: 'no account of the tapset is kept' },
  { flags: '-R <dir>', why: 'there is no runtime in C' },
  { flags: '-B <setting>', why: NO_C },
  { flags: '-P', why: NO_PROLOGUE },
  { flags: '--prologue-searching [when]', why: NO_PROLOGUE },
  { flags: '-d <object>', why: NAMES_ANYWAY },
  { flags: '--ldd', why: NAMES_ANYWAY },
  { flags: '--all-modules', why: NAMES_ANYWAY },
  { flags: '--modinfo <setting>', why: NO_MODULE },
  { flags: '--sign-module [key]', why: 'BPF objects are not signed' },
  { flags: '--save-uprobes', why: "user probes are the kernel's own" },
  { flags: '--target-namespaces <pid>', why: 'the ids of a namespace are those that the traced process has in its own' },
  { flags: '--dyninst', why: 'scripts run by BPF' },
  { flags: '--rlimit-as <number>', why: LIMITS_OF_PROCESS },
  { flags: '--rlimit-cpu <number>', why: LIMITS_OF_PROCESS },
  { flags: '--rlimit-nproc <number>', why: LIMITS_OF_PROCESS },
  { flags: '--rlimit-stack <number>', why: LIMITS_OF_PROCESS },
  { flags: '--rlimit-fsize <number>', why: LIMITS_OF_PROCESS },
  { flags: '--parse-keep-going', why: ALL_MISTAKES },
  { flags: '--semantic-keep-going', why: ALL_MISTAKES },
  { flags: '--build-as [user]', why: NO_C },
  { flags: '--check-version', why: 'nothing in the language means another thing by --compatible, besides what asks for systemtap_v' },
  { flags: '--use-server [server]', why: NO_SERVER },
  { flags: '--use-server-on-error [answer]', why: NO_SERVER },
  { flags: '--use-http-server <server>', why: NO_SERVER },
  { flags: '--client-options', why: NO_SERVER },
  { flags: '--list-servers [servers]', why: NO_SERVER, refused: SERVERS },
  { flags: '--trust-servers [servers]', why: NO_SERVER, refused: SERVERS },
  { flags: '--unprivileged', why: 'what a script may do is decided when it is run', refused: { advice: 'compile with -p4 and see docs/differences.md for who may run an object' } },
  { flags: '--benchmark-sdt-loops <n>', why: BENCHMARK, refused: true },
  { flags: '--benchmark-sdt-threads <n>', why: BENCHMARK, refused: true },
  { flags: '-j', why: NO_JAVA, refused: JAVA_MARKS },
  { flags: '-J <file>', why: NO_JAVA, refused: JAVA_MARKS },
];

export const STAPRUN_MODULE_OPTIONS: readonly ModuleOption[] = [
  { flags: '-u', why: "user probes are the kernel's own" },
  { flags: '-N <pid>', why: 'the ids of a namespace are those that the traced process has in its own' },
  { flags: '-r <uri>', why: 'stap gives it to staprun on another machine', refused: { advice: 'carry the object there and run it: stapkit -p4, then stapkit-run' } },
  { flags: '-F <fd>', why: 'stap gives it to staprun', refused: true },
];

export function addModuleOptions(command: Command, options: readonly ModuleOption[]): Command {
  for (const { flags } of options) command.addOption(new Option(flags).hideHelp());
  return command;
}

/**
 * What is to be said about those that were given, a line each.
 * @throws UsageError for one that is refused
 */
export function moduleOptionNotes(command: Command, options: readonly ModuleOption[]): readonly string[] {
  return options.flatMap(({ flags, why, refused }) => {
    const option = new Option(flags);
    if (command.getOptionValueSource(option.attributeName()) !== 'cli') return [];
    const name = option.long ?? option.short ?? flags;
    if (refused !== undefined) throw new UsageError(`${name} is not possible: ${why}`, refused === true ? undefined : refused.advice, 1);
    return [`${name} has no effect: ${why}`];
  });
}

/**
 * The words with `--name` as `--name=` where the value is optional: the word after it is no value of its, as with getopt_long.
 * @param values what such an option means without a value, where it is not ''
 */
export function joinOptionalValues(argv: readonly string[], command: Command, values: Readonly<Record<string, string>> = {}): readonly string[] {
  const optional = new Set(command.options.filter((option) => option.optional).map(({ long }) => long));
  const end = argv.indexOf('--');
  return argv.map((word, index) => ((end === -1 || index < end) && optional.has(word) ? `${word}=${values[word] ?? ''}` : word));
}

/** A section of the man page. */
export function moduleOptionsSection(options: readonly ModuleOption[], program: string): readonly [title: string, paragraphs: readonly string[]] {
  const line = ({ flags, why }: ModuleOption): string => `${flags}: ${why}.`;
  return [`OPTIONS OF ${program.toUpperCase()}`, [
    `These are taken for ${program}'s sake, and have no effect:`, ...options.filter(({ refused }) => refused === undefined).map(line),
    'These are refused:', ...options.filter(({ refused }) => refused !== undefined).map(line),
  ]];
}
