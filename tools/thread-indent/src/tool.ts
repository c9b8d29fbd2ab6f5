/** What thread-indent is. */
import { InvalidArgumentError } from 'commander';
import { parseCount, printable, styled, wantsColor, type ToolDescription, type ToolOptions, type ToolReader } from '@stapkit/cli-kit';
import { IndentedCalls, indentedLine } from './indented.js';

/** A path of the kernel's source, with wildcards. */
function parseSourceFile(text: string): string {
  if (!/^[\w*?[\]./+-]+\.[ch*]$/.test(text)) throw new InvalidArgumentError(`'${text}' is no source file of the kernel: write net/socket.c, or fs/9p/*.c with --module 9p.`);
  return text;
}

function point({ file, module, functions }: ToolOptions): string {
  const pattern = `"${typeof functions === 'string' ? functions : '*'}@${String(file)}"`;
  return typeof module === 'string' ? `module("${module}").function(${pattern})` : `kernel.function(${pattern})`;
}

function reader(options: ToolOptions): ToolReader {
  const calls = new IndentedCalls();
  const color = wantsColor(options.color, options.output === undefined && process.stdout.isTTY);
  return {
    row: (fields) => calls.row(fields),
    line: (row) => styled(color && row['event'] === 'return' ? 'dim' : undefined, printable(indentedLine(row))),
  };
}

export const THREAD_INDENT: ToolDescription = {
  name: 'thread-indent',
  summary: "Shows calls of the kernel's functions of a source file, indented.",
  about: ['One line for each call and each return of the functions that a source file of the kernel has, by thread, as SystemTap\'s thread_indent() shows them. Which functions a file has is known from debug information of the kernel, or from the table that comes with stapkit.'],
  ways: [{ name: 'functions', file: 'thread-indent.stp', label: 'kernel functions' }],
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  words: [{ name: 'file', help: "a file of the kernel's source: net/socket.c; * and ? are wildcards", parse: parseSourceFile }],
  scriptArguments: (options) => [point(options)],
  options: [
    { flags: '--functions <name>', help: 'only these of its functions: sock_*' },
    { flags: '--module <name>', help: 'the file is one of this module' },
    { flags: '--depth <n>', help: 'only the n outermost levels', parse: parseCount, global: 'max_depth' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', type: 'time', help: 'when it happened' },
    { key: 'since_us', title: 'SINCE', width: 6, type: 'number', unit: 'us', help: 'time since the outermost call of the thread' },
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
    { key: 'pid', type: 'number', help: 'the process' },
    { key: 'tid', title: 'TID', width: 7, type: 'number', help: 'the thread' },
    { key: 'depth', title: 'DEPTH', width: 5, type: 'number', help: '1 for the outermost call' },
    { key: 'event', title: 'EVENT', width: 6, help: 'call or return' },
    { key: 'function', title: 'FUNCTION', help: 'its name' },
  ],
  reader,
  start: ({ file }) => `tracing the functions of ${String(file)}`,
  examples: [
    ["thread-indent net/socket.c -c 'curl -s localhost'", 'what a command does with sockets'],
    ['thread-indent fs/open.c --comm nginx --depth 2', 'the two outermost levels'],
    ["thread-indent fs/9p/vfs_file.c --module 9p -d 1", 'functions of a module'],
    ["thread-indent net/socket.c --functions '__sys_*' --json", 'some of its functions'],
  ],
  sections: [
    ['CAVEATS', ['Functions that the compiler inlined are not seen, nor those that the kernel forbids to probe. Without the kernel\'s debug information the shipped table tells the functions of a file; it is one of Debian\'s kernels.']],
  ],
};
