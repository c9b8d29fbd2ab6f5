/** The command line of strace-open. */
import { EXIT_STATUS_HELP, createCommand, UsageError } from '@stapkit/cli-kit';

export interface StraceOpenOptions {
  readonly pid?: number;
  readonly comm?: string;
  readonly command?: string;
  readonly failed?: boolean;
  readonly duration?: number;
  readonly count?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly header: boolean;
  readonly output?: string;
  readonly printScript?: boolean;
  readonly dryRun?: boolean;
  readonly verbose: number;
}

const EXAMPLES = `
Examples:
  strace-open                       every open on this machine
  strace-open --pid 1511            those of one process
  strace-open --comm nginx -x       failed ones of all processes named nginx
  strace-open -c 'ls /etc'          those of a command, first to last
  strace-open --duration 10 --json  ten seconds, one JSON object a line
`;

/** TASK_COMM_LEN of include/linux/sched.h, without the NUL. */
const COMM_BYTES_MAX = 15;

export function parseOptions(argv: readonly string[], version: string): StraceOpenOptions {
  const options = createCommand('strace-open', 'Shows the files that processes open, each with its result.', version, ['pid', 'comm', 'command', 'failed', 'duration', 'count', 'json', 'csv', 'noHeader', 'output', 'verbose', 'printScript', 'dryRun'])
    .addHelpText('after', `${EXAMPLES}${EXIT_STATUS_HELP}`)
    .parse([...argv])
    .opts<StraceOpenOptions>();
  if (options.pid !== undefined && options.command !== undefined) throw new UsageError('--pid and --command exclude each other');
  const { comm } = options;
  if (comm !== undefined && Buffer.byteLength(comm) > COMM_BYTES_MAX)
    throw new UsageError(`--comm: '${comm}' can match no process: the kernel keeps ${COMM_BYTES_MAX} bytes of a name`, `try '${Buffer.from(comm).subarray(0, COMM_BYTES_MAX).toString()}'`);
  return options;
}

/** The script's globals that the options set, as byte strings. */
export function globalsOf(options: StraceOpenOptions): Map<string, string> {
  const globals = new Map<string, string>();
  if (options.pid !== undefined) globals.set('the_pid', String(options.pid));
  if (options.comm !== undefined) globals.set('the_comm', Buffer.from(options.comm).toString('latin1'));
  if (options.failed === true) globals.set('failed_only', '1');
  return globals;
}
