/** All builtin probe points, with the types of their arguments in place of these: what `--dump-probe-types` prints. */

/** Alternatives stand in braces; an empty one is nothing. */
const FUNCTION_SUFFIXES = '{,.call,.exported,.inline,.return,.return.maxactive(number),.callee(string),.callee(string).call,.callee(string).return,.callees,.callees(number),.label(string)}';
const STATEMENTS = '{(number),(number).absolute,(number).nearest,(string),(string).nearest}';
const IN_PROGRAM = `{.function{(string),(number)}${FUNCTION_SUFFIXES.replace(',.return.maxactive(number)', '')},.statement${STATEMENTS},.mark(string),.provider(string).mark(string),.plt{,(string)}{,.return},.data{(number),(string)}{,.length(number)}.{rw,write}}`;
const BY_ADDRESS = '{.function(number){,.call,.return,.return.maxactive(number)}}';
const PATTERNS: readonly string[] = [
  '{begin,end,error}{,(number)}', 'never',
  'timer.{jiffies,s,sec,ms,msec,us,usec,ns,nsec}(number){,.randomize(number)}', 'timer.hz(number)', 'timer.profile', 'timer.profile.tick',
  'perf.type(number).config(number){,.sample(number),.hz(number)}{,.process,.process(string)}', 'perf.type(number).config(number){,.process(string)}.counter(string)',
  'procfs{,(string)}{,.umask(number)}{.read,.read.maxsize(number),.write}',
  'netfilter.{hook(string).pf(string),pf(string).hook(string)}{,.priority(string)}',
  'kernel.{trace,tracepoint}(string)', 'kernel.syscall(string){,.return,.return.maxactive(number)}', 'kernel.data{(number),(string)}{,.length(number)}.{rw,write}',
  `{kernel,module(string)}{.function(string)${FUNCTION_SUFFIXES},${BY_ADDRESS},.statement${STATEMENTS}}`,
  'kprobe{,.module(string)}.function(string){,.call,.return,.return.maxactive(number)}', 'kprobe.statement(number).absolute',
  'process{,(number),(string)}{.begin,.end,.thread.begin,.thread.end,.syscall,.syscall.return}', `process{,(number),(string)}{,.library(string)}${IN_PROGRAM}`,
];

/** Sorted as stap's are: a component without an argument before those with one. */
export function probePointTypes(): readonly string[] {
  const key = (text: string): string => text.replaceAll('(', '/');
  return [...new Set(PATTERNS.flatMap(expandBraces))].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

function expandBraces(text: string): readonly string[] {
  const open = text.indexOf('{');
  if (open < 0) return [text];
  let depth = 0;
  let start = open + 1;
  const alternatives: string[] = [];
  for (let at = open; at < text.length; at++) {
    const letter = text[at];
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    if ((letter === ',' && depth === 1) || depth === 0) {
      alternatives.push(text.slice(start, at));
      start = at + 1;
    }
    if (depth === 0) break;
  }
  return alternatives.flatMap((one) => expandBraces(`${text.slice(0, open)}${one}${text.slice(start)}`));
}
