/** Flags that most commands have, and why one does not: who knows them from another command is told. */

const CHOOSES = (what: string) => (command: string): string => `${command} does not choose by ${what}`;
const NO_TABLES = (command: string): string => `${command} shows no tables that come again`;
const NO_ROWS = (command: string): string => `${command} writes no rows`;

/** By long and short name. What one command means by a letter is not what another lacks: letters that differ are not here. */
const REASONS: Readonly<Record<string, (command: string) => string>> = {
  '--pid': CHOOSES('process'), '-p': CHOOSES('process'),
  '--tid': CHOOSES('thread'), '-t': CHOOSES('thread'),
  '--comm': CHOOSES('name'), '-n': CHOOSES('name'),
  '--uid': CHOOSES('user'), '-u': CHOOSES('user'),
  '--cgroup': CHOOSES('control group'),
  '--command': (command) => `${command} runs no command`, '-c': (command) => `${command} runs no command`,
  '--duration': (command) => `${command} ends by itself`, '-d': (command) => `${command} ends by itself`,
  '--interval': NO_TABLES, '-i': NO_TABLES, '--scroll': NO_TABLES,
  '--top': (command) => `${command} shows no tables of what is largest`,
  '--count': (command) => `${command} does not count what it writes`,
  '--json': NO_ROWS, '-J': NO_ROWS, '--csv': NO_ROWS, '--no-header': NO_ROWS,
  '--timestamp': (command) => `${command} shows no times`, '-T': (command) => `${command} shows no times`, '--utc': (command) => `${command} shows no times`,
  '--raw': (command) => `${command} shows numbers as they are`,
  '--color': (command) => `${command} writes no colours to terminals`,
  '--quiet': (command) => `${command} says no more than it must`, '-q': (command) => `${command} says no more than it must`,
};

/** Of "unknown option '--tid' (Did you mean --pid?)": why this command has no such flag. undefined: no command has. */
export function explainOtherFlag(command: string, message: string): string | undefined {
  const [, flag = ''] = /^unknown option '(--?[\w-]+)/.exec(message) ?? [];
  const reason = REASONS[flag];
  return reason === undefined ? undefined : `unknown option '${flag}': ${reason(command)}`;
}
