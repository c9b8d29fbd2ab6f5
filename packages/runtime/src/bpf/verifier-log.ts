/** Reads what the verifier says when it refuses a program. */

/** Lines of numbers that it adds after the reason. */
const STATISTICS = /^(processed \d+ insns|verification time|stack depth|mark_precise|peak_states|Live regs)/;
const INSTRUCTION = /^(\d+): \([0-9a-f]{2}\) /;
/** "; text @ file:line" and register states, between the instructions. */
const COMMENT = /^(;|\d+: R\d|\d+: frame|from \d+ to|func#\d+ @\d+|last_idx|parent didn't have|regs=)/;

/** Index of the instruction that it refused: the last one that it printed. undefined when it did not come to look at instructions. */
export function refusedInstruction(log: string): number | undefined {
  const lines = log.split('\n');
  for (let index = lines.length - 1; index >= 0; index--) {
    const match = INSTRUCTION.exec(lines[index] ?? '');
    if (match !== null) return Number(match[1]);
  }
  return undefined;
}

export interface LogSummary {
  readonly lines: readonly string[];
  /** Lines left out. */
  readonly omitted: number;
}

/** The reason, and the instruction it stands under. */
export function summarizeLog(log: string): LogSummary {
  const all = log.split('\n').map((line) => line.trimEnd()).filter((line) => line !== '');
  const telling = all.filter((line) => !STATISTICS.test(line));
  const reasonAt = telling.findLastIndex((line) => !INSTRUCTION.test(line) && !COMMENT.test(line));
  const end = reasonAt < 0 ? telling.length - 1 : reasonAt;
  const instructionAt = telling.findLastIndex((line, index) => index <= end && INSTRUCTION.test(line));
  const start = instructionAt < 0 ? end : Math.max(instructionAt, end - 4);
  const lines = telling.slice(Math.max(start, 0), end + 1);
  return { lines, omitted: all.length - lines.length };
}

/** Which of its limits the code is beyond, if that is why it gave up (BPF_COMPLEXITY_LIMIT_INSNS and BPF_COMPLEXITY_LIMIT_JMP_SEQ in kernel/bpf/verifier.c). */
export function exceededLimit(log: string): string | undefined {
  const instructions = /^BPF program is too large\. Processed (\d+) insn/m.exec(log);
  if (instructions !== null) return `it gave up after ${Number(instructions[1]) - 1} steps`;
  const jumps = /^The sequence of (\d+) jumps is too complex/m.exec(log);
  return jumps === null ? undefined : `it gave up with ${Number(jumps[1]) - 1} branches still to look at`;
}
