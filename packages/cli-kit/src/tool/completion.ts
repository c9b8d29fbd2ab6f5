/**
 * Completion of a command's flags and their values in bash, zsh and fish, from the command itself. The scripts are plain text
 * without calls of the command: a Tab costs nothing. (Packages that do this for commander start node at each Tab.)
 */
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What a value is, by the name that stands for it in the flag. */
type ValueKind = 'file' | 'folder' | 'process' | 'user' | 'command' | 'choice' | 'other' | 'none';

const KINDS: Readonly<Record<string, ValueKind>> = { file: 'file', object: 'file', files: 'file', path: 'file', dir: 'folder', pid: 'process', tid: 'process', user: 'user', cmd: 'command' };

function kindOf(option: Option): ValueKind {
  if (!option.required && !option.optional) return 'none';
  if (option.argChoices !== undefined) return 'choice';
  return KINDS[/<(\w+)/.exec(option.flags)?.[1] ?? ''] ?? 'other';
}

const shown = (command: Command): readonly Option[] => command.createHelp().visibleOptions(command);
/** Given twice it adds to what the first gave: its reader takes what was before, too. */
const isRepeatable = ({ parseArg }: Option): boolean => (parseArg?.length ?? 0) > 1;
const names = ({ short, long }: Option): readonly string[] => [short, long].filter((name) => name !== undefined);

const BASH: Readonly<Record<ValueKind, (option: Option) => string>> = {
  file: () => 'COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames',
  folder: () => 'COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames',
  process: () => 'COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur"))',
  user: () => 'COMPREPLY=($(compgen -u -- "$cur"))',
  command: () => 'COMPREPLY=($(compgen -c -- "$cur"))',
  choice: ({ argChoices = [] }) => `COMPREPLY=($(compgen -W '${argChoices.join(' ')}' -- "$cur"))`,
  other: () => 'COMPREPLY=()',
  none: () => '',
};

function bash(name: string, command: Command): string {
  const options = shown(command);
  const cases = options.filter((option) => kindOf(option) !== 'none').map((option) => `    ${names(option).join('|')}) ${BASH[kindOf(option)](option)}; return ;;`);
  const [first] = command.registeredArguments;
  const words = options.flatMap(names).join(' ');
  const rest = first === undefined ? '' : '\n  [[ $cur != -* ]] && { COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames; return; }';
  return `# bash completion of ${name}
_${name.replaceAll('-', '_')}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  case $prev in
${cases.join('\n')}
  esac${rest}
  COMPREPLY=($(compgen -W '${words}' -- "$cur"))
}
complete -F _${name.replaceAll('-', '_')} ${name}
`;
}

const ZSH: Readonly<Record<ValueKind, (option: Option) => string>> = {
  file: () => ':file:_files',
  folder: () => ':folder:_files -/',
  process: () => ':process:_pids',
  user: () => ':user:_users',
  command: () => ':command:_command_names -e',
  choice: ({ argChoices = [] }) => `:value:(${argChoices.join(' ')})`,
  other: (option) => `:${/<(\w+)/.exec(option.flags)?.[1] ?? 'value'}: `,
  none: () => '',
};

/** Inside single quotes and a [description]. */
const zshText = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "'\\''").replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:');

function zsh(name: string, command: Command): string {
  const lines = shown(command).map((option) => {
    const all = names(option);
    const spec = `[${zshText(option.description)}]${ZSH[kindOf(option)](option)}'`;
    const often = isRepeatable(option) ? '*' : '';
    return all.length === 1 ? `  '${often}${all[0] ?? ''}${spec}` : `  '${often === '' ? `(${all.join(' ')})` : often}'{${all.join(',')}}'${spec}`;
  });
  if (command.registeredArguments.length > 0) lines.push("  '*:file:_files'");
  return `#compdef ${name}\n_arguments -s \\\n${lines.join(' \\\n')}\n`;
}

const FISH: Readonly<Record<ValueKind, (option: Option) => string>> = {
  file: () => ' -r -F',
  folder: () => " -x -a '(__fish_complete_directories)'",
  process: () => " -x -a '(__fish_complete_pids)'",
  user: () => " -x -a '(__fish_complete_users)'",
  command: () => " -x -a '(__fish_complete_command)'",
  choice: ({ argChoices = [] }) => ` -x -a '${argChoices.join(' ')}'`,
  other: () => ' -x',
  none: () => '',
};

function fish(name: string, command: Command): string {
  const lines = shown(command).map((option) => {
    const flags = names(option).map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : flag.length === 2 ? `-s ${flag.slice(1)}` : `-o ${flag.slice(1)}`));
    return `complete -c ${name} ${flags.join(' ')}${FISH[kindOf(option)](option)} -d '${option.description.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  });
  return `# fish completion of ${name}\n${command.registeredArguments.length > 0 ? '' : `complete -c ${name} -f\n`}${lines.join('\n')}\n`;
}

/** The text that a shell reads, e.g. below /usr/share/bash-completion/completions. */
export function completionScript(shell: Shell, command: Command): string {
  return { bash, zsh, fish }[shell](command.name(), command);
}
