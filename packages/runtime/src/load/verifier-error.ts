/** The verifier refuses code that our compiler made: our bug, told on the script's own line. */
import type { LinkedProgram } from '@stapkit/object';
import { refusedInstruction, summarizeLog } from '../bpf/verifier-log.js';
import type { ProgramRefused } from '../bpf/load-program.js';
import { LoadError } from './load-error.js';

export type ScriptLine = LinkedProgram['lines'][number];

export class VerifierError extends LoadError {
  override readonly name = 'VerifierError';
  readonly program: string;
  /** The line that the refused instruction was made from; undefined when the object has no line_info. */
  readonly scriptLine: ScriptLine | undefined;
  /** Position of the refused instruction; undefined when the log does not tell. */
  readonly instruction: number | undefined;
  /** What the verifier says, in its last telling lines. */
  readonly reason: readonly string[];
  /** How many lines of the log `reason` leaves out. */
  readonly omittedLines: number;
  /** The whole log. */
  readonly log: string;

  constructor(program: LinkedProgram, refused: ProgramRefused, options: { readonly wholeLog: boolean }) {
    const instruction = refusedInstruction(refused.log);
    const scriptLine = instruction === undefined ? undefined : lineOf(program, instruction);
    const { lines, omitted } = summarizeLog(refused.log);
    super(describe({ program, instruction, scriptLine, errno: refused.error.errno }, options.wholeLog ? refused.log.trimEnd().split('\n') : lines, options.wholeLog ? 0 : omitted), undefined, refused);
    this.program = program.symbol;
    this.scriptLine = scriptLine;
    this.instruction = instruction;
    this.reason = lines;
    this.omittedLines = omitted;
    this.log = refused.log;
  }
}

/** The line of the last record at or before the instruction. */
export function lineOf(program: LinkedProgram, instruction: number): ScriptLine | undefined {
  let best: ScriptLine | undefined;
  for (const line of program.lines) {
    if (line.instruction <= instruction && (best === undefined || line.instruction >= best.instruction)) best = line;
  }
  return best;
}

function describe(
  { program, instruction, scriptLine, errno }: { program: LinkedProgram; instruction: number | undefined; scriptLine: ScriptLine | undefined; errno: string },
  lines: readonly string[], omitted: number,
): string {
  const place = scriptLine === undefined ? '' : `${scriptLine.file}:${scriptLine.line}:${scriptLine.column}: `;
  const where = instruction === undefined ? `program ${program.symbol}` : `program ${program.symbol}, instruction ${instruction}`;
  const source = scriptLine === undefined || scriptLine.text.trim() === '' ? [] : [`    ${scriptLine.text.trim()}`];
  return [
    `${place}the kernel's verifier refuses the code of this script (${where}, ${errno})`,
    ...source,
    ...lines.map((line) => `  | ${line}`),
    ...(omitted === 0 ? [] : [`  (${omitted} more lines of the verifier's log; -vv shows all)`]),
    'this is a stapkit bug: please report it with the script and these lines',
  ].join('\n');
}
