/** stap's command line: its flags, their arguments and their combination. */
import type { LanguageList } from '@stapkit/core-compiler';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { SHELLS, appended, architectureNamed, examplesHelp, parseMegabytes, parsePid, quietCommand, UsageError, type CacheUse, type CommandPage, type Shell } from '@stapkit/cli-kit';
import type { Architecture } from '@stapkit/core-compiler';
import type { Limits, UnwindMode } from '@stapkit/object';
import { findExample } from './examples.js';
import { parseLimits } from './limits.js';
import { STAP_MODULE_OPTIONS, addModuleOptions, joinOptionalValues, moduleOptionNotes, moduleOptionsSection } from './module-options.js';
import { parseFileLimits, type FileLimits } from './output-files.js';
import { parseRemote, type RemoteHost } from './remote/hosts.js';

export interface StapOptions {
  /** Script file, `-`, or undefined with -e. */
  readonly file: string | undefined;
  readonly inline: string | undefined;
  /** -E: additional scripts. */
  readonly additional: readonly string[];
  readonly args: readonly string[];
  /** -I: folders of library scripts, in the order in which they are searched. */
  readonly libraries: readonly string[];
  /** --compatible. */
  readonly compatible: string | undefined;
  readonly verbosity: number;
  readonly lastPass: 1 | 2 | 3 | 4 | 5;
  readonly command: string | undefined;
  readonly targetPid: number | undefined;
  readonly output: string | undefined;
  /** -S. */
  readonly fileLimits: FileLimits | undefined;
  /** --poison-cache: only write to it, --disable-cache: not even that. */
  readonly cache: CacheUse;
  readonly cleanCache: boolean;
  /** --json, --timestamps. */
  readonly records: 'json' | 'time' | undefined;
  /** --remote, --remote-prefix. */
  readonly remotes: readonly RemoteHost[];
  readonly remotePrefix: boolean;
  /** -F. */
  readonly background: boolean;
  /** -i. */
  readonly interactive: boolean;
  /** --tmpdir: where the intermediate files of -k go. */
  readonly temporaryFolder: string | undefined;
  /** --download-debuginfo. */
  readonly downloads: string | undefined;
  /** What is to be said about options that do nothing here, a line each. */
  readonly notes: readonly string[];
  readonly globals: ReadonlyMap<string, string>;
  readonly limits: Partial<Limits>;
  /** -v and --vp, for passes 1 to 5. */
  readonly passVerbosity: readonly number[];
  readonly keepFiles: boolean;
  readonly timing: boolean;
  /** --monitor: seconds between two looks. */
  readonly monitor: number | undefined;
  readonly suppressHandlerErrors: boolean;
  readonly unwind: UnwindMode;
  readonly suppressTimeLimits: boolean;
  readonly skipBadVariables: boolean;
  /** --dump-probe-types, --dump-probe-aliases, --dump-functions. */
  readonly dump: LanguageList | undefined;
  readonly list: { readonly pattern: string; readonly variables: boolean } | undefined;
  readonly name: string | undefined;
  /** -a. */
  readonly arch: Architecture | undefined;
  readonly release: string | undefined;
  readonly btf: string | undefined;
  readonly timeoutSeconds: number | undefined;
  /** --prometheus. */
  readonly prometheusPort: number | undefined;
  readonly ringMegabytes: number | undefined;
  readonly guru: boolean;
  readonly suppressWarnings: boolean;
  readonly panicWarnings: boolean;
  readonly autoPrintGlobals: boolean;
  readonly color: boolean;
  /** --man, --completion: what to print of the command itself, and nothing else is done. */
  readonly manual: 'page' | Shell | undefined;
}


function parsePass(text: string): number {
  if (!/^[1-5]$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a pass (1 to 5).`);
  return Number(text);
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a port, from 0 to 65535.');
  return port;
}

export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^[0-9.]+$/.test(text) || !(seconds > 0) || !Number.isFinite(seconds)) throw new InvalidArgumentError(`'${text}' is not a number of seconds above 0.`);
  return seconds;
}

function parseName(text: string): string {
  if (!/^[a-z0-9_]+$/.test(text)) throw new UsageError(`-m: '${text}' is not a name`, 'write lower-case letters, digits and _ only', 1);
  return text;
}

/** NAME=VALUE of -G, or of stapkit-run's arguments. */
export function parseGlobals(settings: readonly string[], flag = '-G '): Map<string, string> {
  const globals = new Map<string, string>();
  for (const setting of settings) {
    const match = /^([a-zA-Z_]\w*)=(.*)$/s.exec(setting);
    if (match?.[1] === undefined || match[2] === undefined) throw new UsageError(`${flag}${setting}: NAME=VALUE is wanted`, undefined, 1);
    globals.set(match[1], Buffer.from(match[2], 'utf8').toString('latin1'));
  }
  return globals;
}

function onlyOne(script: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError('only one script can be given on the command line; -E adds others.');
  return script;
}

function parseVersion(text: string): string {
  if (!/^\d+(\.\d+)*$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a version.`);
  return text;
}

/** One digit a pass. */
function parsePassVerbosity(text: string): string {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('one to five digits are wanted, one for each pass.');
  return text;
}

/** yes, no, or seconds. */
function parseDownload(text: string): string {
  if (text !== '' && !/^(yes|no|ask|\d+)$/.test(text)) throw new InvalidArgumentError(`'${text}' is neither yes, no, ask nor a number of seconds.`);
  return text;
}

const EXAMPLES: CommandPage['examples'] = [
  ["stapkit -e 'probe begin { println(\"hello world!\") exit() }'", 'a script on the command line'],
  ['stapkit -v script.stp 10 lo', '$1 is 10, @2 is "lo"'],
  ["stapkit -c 'ls /etc' script.stp", 'trace a command; target() is its pid'],
  ['stapkit -i', 'a prompt at which a script is put together and run'],
  ["stapkit -L 'syscall.openat'", 'a probe point and its variables'],
  ['stapkit -p4 -m opens script.stp', 'compile to opens.o, for stapkit-run'],
  ['stapkit --remote=root@web1 --remote=root@web2 --remote-prefix script.stp', 'run on two machines that have stapkit-run'],
  ['stapkit tools', 'list the tools that come with it'],
  ['sudo stapkit doctor', 'what works on this machine, and how to get the rest'],
];

const EXIT_STATUS = `
Exit status: 0 ended, 1 wrong usage, a script that does not compile, an error
while running or a failed command of -c, 130 interrupted before it began.`;

/** What the man page tells besides the flags. */
export const STAPKIT_PAGE: CommandPage = {
  name: 'stapkit', section: 1, summary: 'Runs SystemTap scripts on a stock kernel, by eBPF.', usage: ' \\fIFILE\\fR|\\-|\\-e \\fISCRIPT\\fR [\\fIARG\\fR...]\n.br\n.B stapkit\ntools\n.br\n.B stapkit\ndoctor [\\fIOPTIONS\\fR]', examples: EXAMPLES, exitStatus: EXIT_STATUS, seeAlso: ['stapkit-run (1)', 'stap (1)'],
  about: [
    "It compiles a script to an eBPF object, loads it by bpf(2) and prints what the script prints. Neither the kernel's headers nor its debug information, no compiler and no kernel module are needed. Language, options, messages and exit statuses are stap's; docs/differences.md of the package tells where BPF forces others.",
    'A script is compiled in five passes: parse, elaborate, translate, write the object, run it. -p stops after one of them. Only to run it needs root (or CAP_BPF and CAP_PERFMON).',
    'stapkit tools lists the commands that come with it: each does one job, and has a man page of its own.',
    'stapkit language-server serves editors by the Language Server Protocol on standard input and output: diagnostics, completion, hover, go to definition. -I names folders with library scripts.',
    'stapkit doctor tells line by line what this machine can do (kernel, types, capabilities, lockdown, each kind of probe, debug information), what each missing thing costs, and the command that mends it; with --json as an object a line; --install-sudoers prints the rule for members of stapusr (stapkit-run (1)). As root it attaches a probe of each kind for a moment. Its exit status is 1 where scripts cannot trace the kernel.',
  ],
  sections: [
    moduleOptionsSection(STAP_MODULE_OPTIONS, 'stap'),
    ['SESSIONS IN THE BACKGROUND', [
      '-F begins the session and leaves it running. Its newest output is kept in memory, as much as -s says, until stapkit-run -A NAME reads it; the name is that of -m, or of the script with a number, and is printed. With -o the output goes to files, the process id is printed, and kill PID ends the session.',
      'stapkit-run -A NAME shows what was kept and what comes. Ctrl-C ends the session as in the foreground; SIGQUIT (Ctrl-\\) leaves it running. stapkit-run -d NAME ends one that nobody is attached to. A session that has ended waits for its reader.',
    ]],
    ['MONITOR', [
      '--monitor[=SECONDS] shows, above the output of the script, how long it has run, the memory of its maps and of this process, its globals, and a table of its probes with the number of their hits and the shortest, mean and longest time of their handlers. Keys: c gives globals their initial values again; s sorts the table by the next column; t asks for the index of a probe to switch off or on; r switches all on, p all off; x hides the status; Tab chooses what the arrows and Page Up and Page Down scroll; Ctrl-C ends the session, and what the script printed stays below the prompt.',
      'Where standard output is no terminal, and with --json, it prints an object at each interval instead. stapkit -p4 --monitor makes an object for stapkit-run -M SECONDS.',
    ]],
    ['OTHER MACHINES', [
      '--remote=[USER@]HOST, which may be given several times, compiles the script here for the kernel of each host, hands the object to stapkit-run there, by ssh (1), and shows here what it prints; -o, -S, --json and so on work as for this machine. Hosts need the runtime alone (npm install -g @stapkit/stapkit), a kernel with BTF, and a user that may run objects (root). ssh://[USER@]HOST:PORT names a port; all else (keys, jumps, one connection for many logins) is up to ssh_config (5). --remote=direct: is this machine, by the same way.',
      '-c and -x mean commands and processes there. Programs that are probed are looked at here: they must be the same there, or the object is refused. Ctrl-C ends the sessions there as it does here; a second one leaves their end probes out. They end as well when this process or the connection goes away. With --remote-prefix each line begins with the number of its --remote (from 0) and ": "; messages of several hosts begin with their names. The exit status is the highest.',
    ]],
    ['INTERACTIVE MODE', [
      'stapkit -i [options] [FILE] gives a prompt. A probe, function, global or macro that is typed is added to the script, over as many lines as it takes, unless it does not parse; run runs the script with the options of the command line, Ctrl-C ends the run. list, delete N-M, edit, load FILE, save FILE and sample WORD are about the script; set and show about keep_tmpdir, last_pass, verbose, guru_mode, suppress_warnings, panic_warnings, timing, target_pid, cmd and auto_analyze; help tells of each. Tab completes commands, files, probe points, functions and variables.',
      'Lines are kept in $XDG_STATE_HOME/stapkit/history, or ~/.local/state/stapkit/history. Where standard input or output is no terminal there is no prompt: the lines are obeyed one after another, and the exit status is that of the last.',
    ]],
    ['FILES OF -o', [
      'The name may have the conversions of strftime (3): -o /var/log/probe-%F.%T. With -S the files are FILE.0, FILE.1 and so on; lines stay whole. SIGUSR2 makes the session go on to the next file at once.',
    ]],
    ['ENVIRONMENT', [
      'SYSTEMTAP_DIR: its file rc (default: ~/.systemtap/rc) has options that are read before those of the command line, in words as a shell makes them; # begins a comment.',
      'STAPKIT_ATTACH=fentry or kprobe: probe kernel functions in this way alone; single: one place a program, without kprobe_multi and uprobe_multi.',
      'STAPKIT_NO_CACHE: when set, compile anew and keep nothing. Compiled objects are kept below $XDG_CACHE_HOME/stapkit, or ~/.cache/stapkit.',
      'STAPKIT_NOTIFY_ARMED: when set, print __STAPKIT_ARMED on standard error when the probes are armed.',
      'DEBUGINFOD_URLS: servers that are asked for debug information by build-id. SYSTEMTAP_DEBUGINFO_PATH: folders in which it is looked for. NO_COLOR: no colours in messages.',
    ]],
  ],
};

export function createStapCommand(version: string): Command {
  return addModuleOptions(quietCommand('stapkit', STAPKIT_PAGE.summary, version)
    .usage('[options] FILE|-|-e SCRIPT [ARG...]')
    .argument('[words...]', 'script file (- for standard input) and its arguments')
    .option('-e <script>', 'the script itself', onlyOne)
    .option('-E <script>', 'an additional script', appended)
    .addOption(new Option('-v, --verbose', 'tell of passes, times and ways of attaching').default(0).argParser((_: unknown, before: number) => before + 1))
    .option('--vp <digits>', 'more words from single passes: a digit for each, e.g. 00002', parsePassVerbosity)
    .option('-p <pass>', 'stop after pass 1 (parse), 2 (elaborate), 3 (translate), 4 (write the object) or 5 (run)', parsePass)
    .option('-I <dir>', 'a folder with library scripts (.stp, .stpm) of your own', appended)
    .option('--compatible <version>', 'the version of SystemTap that the script was written for', parseVersion)
    .option('-c <cmd>', 'start CMD, make it the target(), end with it')
    .option('-x <pid>', 'make this process the target()', parsePid)
    .option('-o <file>', 'write the output to a file')
    .option('-S <size[,n]>', 'go on to another file of -o after SIZE megabytes, keep the last N', parseFileLimits)
    .option('-G <var=value>', "set a global's initial value", appended)
    .option('-D <name=value>', 'set a limit, e.g. MAXMAPENTRIES=10240', appended)
    .option('-l <probe>', 'list matching probe points')
    .option('-L <probe>', 'list matching probe points with their variables')
    .option('--dump-probe-types', 'list the builtin probe points')
    .option('--dump-probe-aliases', 'list the probe points of the library, with what they stand for')
    .option('--dump-functions', 'list the functions of the library, with their types')
    .option('--example', 'the script file is the name of one of the examples that SystemTap brings')
    .option('-m <name>', 'name of the object that -p4 writes')
    .option('-a <arch>', 'compile for this architecture: x86_64 or arm64 (with --btf and -p4)')
    .option('-r <release>', 'compile for this kernel: its release, whose vmlinux is looked for, or the folder in which it was built')
    .option('--btf <file>', 'compile against this kernel type information: a BTF file, or a vmlinux that has it')
    .addOption(new Option('--json', 'output for machines: a JSON object a print, with probe, time, process, text and values').conflicts('timestamps'))
    .option('--timestamps', 'each line of output begins with its time')
    .option('-F', 'run in the background (flight recorder): stapkit-run -A NAME shows what it prints')
    .option('--remote <host>', 'run it on [USER@]HOST, by ssh and the stapkit-run there; with several, on all at once', (text: string, before: readonly RemoteHost[] | undefined) => [...(before ?? []), parseRemote(text)])
    .option('--remote-prefix', 'each line of output begins with the number of its --remote, from 0')
    .option('-s <MB>', 'size of the output buffer in the kernel, and of what -F keeps (default: 8)', parseMegabytes)
    .option('-T <seconds>', 'stop after this time', parseSeconds)
    .option('--prometheus <port>', 'serve the metrics of probe prometheus at http://127.0.0.1:PORT/metrics (0: any free port)', parsePort)
    .option('-i, --interactive', 'a prompt at which a script is put together and run')
    .option('-g', 'guru mode')
    .option('-k', 'keep the intermediate files of the passes')
    .option('-t', 'report at the end how often each probe ran, and its shortest, mean and longest time')
    .option('--monitor [seconds]', 'show globals and the hits and times of probes while it runs, at this interval (default: 1), with keys to act on it', (text: string) => (text === '' ? 1 : parseSeconds(text)))
    .option('--debug', 'as -k')
    .option('--tmpdir <dir>', 'where -k puts them')
    .option('-u', "accepted for stap's sake: code is always optimized")
    .addOption(new Option('--unwind <how>', 'user stacks (x86-64): by frame pointers (fp), by unwind tables where they are there (auto), or by these alone (cfi)').choices(['auto', 'fp', 'cfi']).default('auto'))
    .option('--suppress-handler-errors', 'run-time errors and skipped probes do not end the session')
    .option('--suppress-time-limits', 'no limit on the actions of a handler (with -g)')
    .option('--skip-badvars', 'target variables that cannot be found are 0')
    .option('-w', 'leave warnings out')
    .option('-W', 'treat warnings as errors')
    .option('--no-global-var-display', 'do not print globals that nothing reads')
    .option('--disable-cache', 'neither use nor keep compiled objects')
    .option('--poison-cache', 'compile anew, and keep the object')
    .option('--clean-cache', 'remove all that is kept between runs, and end')
    .addOption(new Option('--use-cache').hideHelp())
    .option('--download-debuginfo [when]', 'whether debuginfod servers are asked: yes (the default), no, or a number of seconds to wait for them', parseDownload)
    .addOption(new Option('--runtime <name>').choices(['kernel', 'dyninst', 'bpf']).hideHelp())
    .addOption(new Option('--bpf').hideHelp())
    .addOption(new Option('--sysroot <dir>').hideHelp())
    .addOption(new Option('--sysenv <var=value>').hideHelp())
    .addOption(new Option('--privilege <level>').choices(['stapusr', 'stapsys', 'stapdev']).hideHelp())
    .addOption(new Option('--color <when>', 'colour messages').choices(['never', 'always', 'auto']).default('auto'))
    .option('--man', 'print the man page, for man -l -')
    .addOption(new Option('--completion <shell>', 'print what completes it in this shell').choices(SHELLS))
    .addHelpText('after', `\nExamples:\n${examplesHelp(EXAMPLES)}\n${EXIT_STATUS}`)
    .allowExcessArguments(true), STAP_MODULE_OPTIONS);
}

interface RawOptions {
  e?: string; E?: readonly string[]; verbose: number; p?: 1 | 2 | 3 | 4 | 5; c?: string; x?: number; o?: string;
  G?: readonly string[]; D?: readonly string[]; l?: string; L?: string; m?: string; a?: string; r?: string; btf?: string;
  T?: number; s?: number; g?: boolean; w?: boolean; W?: boolean; globalVarDisplay: boolean; color: string;
  I?: readonly string[]; compatible?: string; vp?: string; k?: boolean; t?: boolean; unwind: UnwindMode; suppressHandlerErrors?: boolean; suppressTimeLimits?: boolean; dumpProbeTypes?: boolean; dumpProbeAliases?: boolean; dumpFunctions?: boolean; skipBadvars?: boolean;
  monitor?: number; interactive?: boolean; example?: boolean; man?: boolean; completion?: Shell;
  remote?: readonly RemoteHost[]; remotePrefix?: boolean; S?: FileLimits; F?: boolean; json?: boolean; timestamps?: boolean; prometheus?: number; debug?: boolean; tmpdir?: string; disableCache?: boolean; poisonCache?: boolean; cleanCache?: boolean; downloadDebuginfo?: string;
  runtime?: 'kernel' | 'dyninst' | 'bpf'; sysroot?: string; sysenv?: string; privilege?: string;
}

/** Options whose values say whether they can be had. @throws UsageError */
function notesOf(raw: RawOptions): readonly string[] {
  if ((raw.sysroot !== undefined && raw.sysroot !== '/') || raw.sysenv !== undefined) throw new UsageError(`${raw.sysenv === undefined ? '--sysroot' : '--sysenv'} is not possible: programs are probed as the files that they are here`, 'compile where the other system is the root, e.g. with chroot(1)', 1);
  if (raw.privilege !== undefined && raw.privilege !== 'stapdev') throw new UsageError(`--privilege=${raw.privilege} is not possible: a script is not restricted when it is compiled`, 'docs/differences.md tells who may run an object', 1);
  return [
    ...(raw.runtime === undefined || raw.runtime === 'bpf' ? [] : [`--runtime=${raw.runtime} has no effect: scripts run by BPF`]),
    ...(raw.downloadDebuginfo === 'ask' ? ['--download-debuginfo=ask is yes: nobody is asked'] : []),
  ];
}

/** Reads the command line; throws UsageError or CommanderError with what is wrong. */
export function parseStapOptions(argv: readonly string[], version: string): StapOptions {
  const command = createStapCommand(version);
  // The word after --color is no argument of it, as with GNU's --color[=WHEN]; stap spells it --colour as well.
  command.parse(joinOptionalValues(argv.map((word) => (/^--colou?r$/.test(word) ? '--color=always' : word.replace(/^--colour=/, '--color='))), command));
  const raw = command.opts<RawOptions>();
  const words = command.args;
  const pattern = raw.l ?? raw.L;
  if (raw.l !== undefined && raw.L !== undefined) throw new UsageError('-l and -L exclude each other', undefined, 1);
  const dumps = [...(raw.dumpProbeTypes === true ? ['probe-types' as const] : []), ...(raw.dumpProbeAliases === true ? ['probe-aliases' as const] : []), ...(raw.dumpFunctions === true ? ['functions' as const] : [])];
  if (dumps.length + (pattern === undefined ? 0 : 1) > 1) throw new UsageError('only one of -l, -L and --dump-* can be given', undefined, 1);
  if (raw.c !== undefined && raw.x !== undefined) throw new UsageError('-c and -x exclude each other', undefined, 1);
  if (raw.suppressTimeLimits === true && raw.g !== true) throw new UsageError('--suppress-time-limits is for guru mode', 'give -g as well', 1);
  if (raw.monitor !== undefined && raw.F === true) throw new UsageError('--monitor and -F exclude each other', undefined, 1);
  const manual = raw.man === true ? 'page' : raw.completion;
  if (raw.S !== undefined && raw.o === undefined) throw new UsageError('-S is for output to a file', 'give -o FILE as well', 1);
  if (raw.interactive === true && (pattern !== undefined || dumps.length > 0 || words[0] === '-')) throw new UsageError(`-i and ${words[0] === '-' ? '-' : '-l, -L, --dump-*'} exclude each other`, undefined, 1);
  const hasScript = manual !== undefined || raw.cleanCache === true || raw.e !== undefined || pattern !== undefined || dumps.length > 0;
  if (!hasScript && words.length === 0 && raw.E === undefined && raw.interactive !== true) throw new UsageError('a script is wanted: a file, - for standard input, or -e SCRIPT', 'stapkit --help shows all options', 1);
  const limits = parseLimits(raw.D ?? []);
  return {
    manual,
    file: hasScript ? undefined : raw.example === true && words[0] !== undefined ? findExample(words[0]) : words[0],
    inline: raw.e,
    additional: raw.E ?? [],
    libraries: raw.I ?? [],
    compatible: raw.compatible,
    args: hasScript ? words : words.slice(1),
    verbosity: raw.verbose,
    lastPass: raw.p ?? 5,
    command: raw.c,
    targetPid: raw.x,
    output: raw.o,
    fileLimits: raw.S,
    cache: raw.disableCache === true ? 'none' : raw.poisonCache === true ? 'write' : 'use',
    cleanCache: raw.cleanCache ?? false,
    remotes: raw.remote ?? [],
    remotePrefix: raw.remotePrefix ?? false,
    background: raw.F ?? false,
    interactive: raw.interactive ?? false,
    records: raw.json === true ? 'json' : raw.timestamps === true ? 'time' : undefined,
    temporaryFolder: raw.tmpdir,
    downloads: raw.downloadDebuginfo,
    notes: [...limits.notes, ...notesOf(raw), ...moduleOptionNotes(command, STAP_MODULE_OPTIONS)],
    globals: parseGlobals(raw.G ?? []),
    limits: limits.limits,
    passVerbosity: [0, 1, 2, 3, 4].map((pass) => raw.verbose + Number(raw.vp?.[pass] ?? 0)),
    keepFiles: raw.k === true || raw.debug === true,
    timing: raw.t ?? false,
    monitor: raw.monitor,
    unwind: raw.unwind,
    suppressHandlerErrors: raw.suppressHandlerErrors ?? false,
    suppressTimeLimits: raw.suppressTimeLimits ?? false,
    skipBadVariables: raw.skipBadvars ?? false,
    dump: dumps[0],
    list: pattern === undefined ? undefined : { pattern, variables: raw.L !== undefined },
    name: raw.m === undefined ? undefined : parseName(raw.m),
    arch: raw.a === undefined ? undefined : architectureNamed(raw.a),
    release: raw.r,
    btf: raw.btf,
    timeoutSeconds: raw.T,
    prometheusPort: raw.prometheus,
    ringMegabytes: raw.s,
    guru: raw.g ?? false,
    suppressWarnings: raw.w ?? false,
    panicWarnings: raw.W ?? false,
    autoPrintGlobals: raw.globalVarDisplay,
    color: raw.color === 'always' || (raw.color === 'auto' && process.stderr.isTTY && process.env['NO_COLOR'] === undefined),
  };
}
