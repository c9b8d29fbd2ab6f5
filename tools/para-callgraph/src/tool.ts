/** What para-callgraph is. */
import { PROBES_HELP, TextOutput, functionPoints, humanNumber, parseCount, printable, styled, wantsColor, type Row, type ToolDescription, type ToolOptions, type ToolReader } from '@stapkit/cli-kit';
import { OpenCalls, callEvent, callLine } from './calls.js';
import { Timeline, chromeTraceText, speedscopeText } from './timeline.js';

const points = ({ probes, trigger, pid }: ToolOptions): readonly string[] => [probes, trigger].filter((word): word is string => typeof word === 'string').map((word) => functionPoints(word, { ...(pid === undefined ? {} : { pid }) }));

/** What is not yet said about a call in its line. */
function lineFor(options: ToolOptions): (row: Row) => string {
  const color = wantsColor(options.color, options.output === undefined && process.stdout.isTTY);
  const duration = ({ duration_ns: ns }: Row): string => (options['times'] !== true || typeof ns !== 'number' ? '' : options.raw === true ? String(ns) : humanNumber(ns, 'ns'));
  return (row) => styled(color && row['event'] === 'return' ? 'dim' : undefined, printable(callLine(row, duration(row))));
}

/** Opened before anything is traced: a name that cannot be written is told at once. */
function graphFiles(options: ToolOptions): readonly { readonly output: TextOutput; readonly text: (timeline: Timeline) => string }[] {
  const { speedscope, chromeTrace } = options;
  const title = [options['probes'], options['trigger']].filter((word): word is string => typeof word === 'string').join(' ');
  return [
    ...(typeof speedscope === 'string' ? [{ output: new TextOutput(speedscope), text: (timeline: Timeline) => speedscopeText(timeline, title) }] : []),
    ...(typeof chromeTrace === 'string' ? [{ output: new TextOutput(chromeTrace), text: chromeTraceText }] : []),
  ];
}

function reader(options: ToolOptions): ToolReader {
  const open = new OpenCalls();
  const files = graphFiles(options);
  const timeline = files.length === 0 ? undefined : new Timeline();
  return {
    row: (fields) => {
      const event = callEvent(fields);
      if (event === undefined) return undefined;
      timeline?.push(event);
      return open.push(event);
    },
    line: lineFor(options),
    summary: () => {
      for (const { output, text } of files) {
        if (timeline !== undefined) output.write(text(timeline));
        output.close();
      }
      return '';
    },
  };
}

export const PARA_CALLGRAPH: ToolDescription = {
  name: 'para-callgraph',
  summary: 'Shows the calls and returns of functions, indented by depth.',
  about: ['One line for each call with its arguments and for each return with its value, as SystemTap shows them in the example of this name. Arguments and values need debug information; without it there are names alone. The trigger is a function: only what happens within its calls is shown.'],
  ways: [{ name: 'functions', file: 'para-callgraph.stp', label: 'probes of functions' }],
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  words: [{ name: 'probes', help: PROBES_HELP }, { name: 'trigger', help: 'a function, written in the same way: only what happens within its calls', optional: true }],
  scriptArguments: points,
  options: [
    { flags: '--depth <n>', help: 'only the n outermost levels', parse: parseCount, global: 'max_depth' },
    { flags: '--times', help: 'how long a call took, where it returns' },
    { flags: '--speedscope <file>', help: 'write the graph in time for speedscope.app, a profile for each thread' },
    { flags: '--chrome-trace <file>', help: 'write it as trace events for ui.perfetto.dev and chrome://tracing' },
  ],
  shows: 'events',
  columns: [
    { key: 'time', type: 'time', help: 'when it happened' },
    { key: 'since_us', title: 'SINCE', width: 6, type: 'number', unit: 'us', help: 'time since the outermost call of the thread' },
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
    { key: 'pid', type: 'number', help: 'the process' },
    { key: 'tid', title: 'TID', width: 7, type: 'number', help: 'the thread' },
    { key: 'event', title: 'EVENT', width: 6, help: 'call or return' },
    { key: 'depth', title: 'DEPTH', width: 5, type: 'number', help: '1 for the outermost call' },
    { key: 'function', title: 'FUNCTION', width: 20, help: 'its name' },
    { key: 'values', title: 'VALUES', width: 20, help: 'arguments of a call, value of a return; empty without debug information' },
    { key: 'duration_ns', type: 'number', unit: 'ns', help: 'of a return: how long the call took; null for a call' },
  ],
  reader,
  start: ({ probes }) => `tracing ${String(probes)}`,
  examples: [
    [`para-callgraph ':*' -c './prog'`, 'every function of a program'],
    [`para-callgraph /bin/bash:'*' /bin/bash:execute_command --pid 1511`, 'within the calls of one function'],
    ["para-callgraph './prog:*@parse.c' -c ./prog --depth 3 --times", 'those of a source file, three levels, with times'],
    [`para-callgraph ':*' -c ./prog --speedscope out.json -o /dev/null`, 'for speedscope.app'],
    [`para-callgraph '*@net/socket.c' --comm curl`, "kernel functions of a source file, for a program's calls"],
  ],
  sections: [
    ['OVERHEAD', ['Each call and each return of a function of a program stops it for a microsecond or two. Narrow the pattern, or name a trigger and --depth: they thin what is printed, not the stops.']],
    ['CAVEATS', [
      'Functions that the compiler inlined are not seen, nor are calls that began before tracing.',
      'A function that is left by longjmp has no return: its line is missing, and the graphs end it with the next return further out; for --depth it goes on until the trigger is called again. C++ exceptions through functions whose returns are probed, and returns of Go functions, end the program: the kernel puts its own return address there.',
      '--speedscope and --chrome-trace keep all events in memory and write them at the end.',
    ]],
  ],
};
