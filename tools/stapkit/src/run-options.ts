/** The command line of stapkit-run. */
import { Option, type Command } from 'commander';
import { SHELLS, examplesHelp, parseMegabytes, parsePid, quietCommand, type CommandPage, type Shell } from '@stapkit/cli-kit';
import { STAPRUN_MODULE_OPTIONS, addModuleOptions, moduleOptionsSection } from './module-options.js';
import { parseFileLimits, type FileLimits } from './output-files.js';
import { parsePort, parseSeconds } from './options.js';

export interface RunOptions {
  readonly verbose: number;
  readonly c?: string;
  readonly x?: number;
  readonly o?: string;
  readonly S?: FileLimits;
  readonly s?: number;
  readonly b?: number;
  readonly T?: number;
  readonly prometheus?: number;
  readonly w?: boolean;
  readonly L?: boolean;
  readonly D?: boolean;
  readonly R?: boolean;
  readonly A?: boolean;
  readonly d?: boolean;
  readonly stapusr?: boolean;
  readonly client?: number;
  readonly M?: number;
  readonly man?: boolean;
  readonly completion?: Shell;
}

const EXAMPLES: CommandPage['examples'] = [
  ['stapkit -p4 -m opens script.stp', 'on the machine that compiles'],
  ['stapkit-run opens.o', 'on the machine that is traced'],
  ["stapkit-run -c 'ls /etc' opens.o most=5", "trace a command; the script's global most begins with 5"],
];

const EXIT_STATUS = '\nExit status: 0 ended, 1 an error, 130 interrupted before it began.';

/** What the man page tells besides the flags. */
export const STAPKIT_RUN_PAGE: CommandPage = {
  name: 'stapkit-run', section: 1, summary: 'Runs a script that stapkit -p4 compiled.', usage: ' \\fIOBJECT\\fR [\\fIGLOBAL\\fR=\\fIVALUE\\fR...]', examples: EXAMPLES, exitStatus: EXIT_STATUS, seeAlso: ['stapkit (1)', 'staprun (8)'],
  about: [
    'It loads an eBPF object that stapkit wrote, on this machine or another one, without the compiler. The object is fitted to the running kernel by its type information (BTF); a kernel that it does not fit is refused, with the reason.',
    'Settings of globals follow the object: any global of the script that is a number or a string, and not private.',
    "Who may: root; processes with CAP_BPF and CAP_PERFMON; and, by a sudoers rule that stapkit doctor --install-sudoers prints, members of group stapusr: sudo stapkit-run --stapusr NAME runs an object that is root's and that nobody else can change, in /usr/lib/stapkit/objects or, made for this kernel, in /lib/modules/RELEASE/systemtap. Commands of -c and of system() then run as the user that called sudo.",
    'An object is looked at before it is loaded: its hash (what was changed or cut short is refused), format, architecture, kernel, and the build-ids of the programs that it probes.',
  ],
  sections: [moduleOptionsSection(STAPRUN_MODULE_OPTIONS, 'staprun')],
};

export function createRunCommand(version: string): Command {
  return addModuleOptions(quietCommand('stapkit-run', STAPKIT_RUN_PAGE.summary, version)
    .usage('[options] OBJECT [GLOBAL=VALUE...]')
    // Missing with --man and --completion alone.
    .argument('[object]', 'object file, or - for standard input')
    .argument('[settings...]', 'initial values of globals')
    .addOption(new Option('-v, --verbose', 'tell of ways of attaching').default(0).argParser((_: unknown, before: number) => before + 1))
    .option('-c <cmd>', 'start CMD, make it the target(), end with it')
    .addOption(new Option('-x <pid>', 'make this process the target()').argParser(parsePid).conflicts('c'))
    .option('-o <file>', 'write the output to a file')
    .option('-S <size[,n]>', 'go on to another file of -o after SIZE megabytes, keep the last N', parseFileLimits)
    .option('-s <MB>', 'size of the output buffer in the kernel', parseMegabytes)
    .addOption(new Option('-b <MB>', "the same, as staprun's").argParser(parseMegabytes))
    .addOption(new Option('-C <when>').choices(['never', 'always', 'auto']).hideHelp())
    .option('-T <seconds>', 'stop after this time', parseSeconds)
    .option('--prometheus <port>', 'serve the metrics of probe prometheus at http://127.0.0.1:PORT/metrics (0: any free port)', parsePort)
    .option('-M <seconds>', 'show the status of the session at this interval, as stapkit --monitor does, with which it was compiled', parseSeconds)
    .option('-L', 'leave the session running in the background; its name is that of the object')
    .option('-D', 'the same with -o, as staprun has it: prints the process id')
    .option('-R', 'with -L: a name that no other session has')
    .option('-A', 'attach to a session in the background: OBJECT is its name')
    .option('-d', "end a session in the background: OBJECT is its name, or '*' for all that nobody is attached to")
    .option('-w', 'leave warnings out')
    .option('--stapusr', 'run only what root has approved, for members of stapusr (by sudo)')
    .addOption(new Option('--client <fd>').argParser(Number).hideHelp())
    .option('--man', 'print the man page, for man -l -')
    .addOption(new Option('--completion <shell>', 'print what completes it in this shell').choices(SHELLS))
    .addHelpText('after', `\nExamples:\n${examplesHelp(EXAMPLES)}\n${EXIT_STATUS}`), STAPRUN_MODULE_OPTIONS);
}
