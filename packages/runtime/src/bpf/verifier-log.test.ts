import { expect, test } from '@jest/globals';
import { refusedInstruction, summarizeLog } from './verifier-log.js';

/** Logs as kernels write them. */
const UNREADABLE = `func#0 @0
0: R1=ctx() R10=fp0
; probe x { @ test.stp:7
0: (b7) r3 = 0                        ; R3_w=0
1: (b7) r4 = 0                        ; R4_w=0
; n = unset @ test.stp:9
2: (bf) r0 = r5
R5 !read_ok
verification time 30 usec
stack depth 0
processed 3 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
const OLD = `0: (b7) r2 = 1
1: (7b) *(u64 *)(r1 +8) = r2
R1 type=inv expected=fp
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
const ATTACH = 'attach_btf_id 123 is not a function\nprocessed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n';
const HELPER = `12: (85) call unknown#181
invalid func unknown#181
processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
`;
const BRANCH = `9: (15) if r0 == 0x0 goto pc+2         ; R0_w=scalar()
from 9 to 12: R0=0 R10=fp0
12: R0=0 R10=fp0
12: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'scalar'
processed 10 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

test.each([
  ['current', UNREADABLE, 2, ['2: (bf) r0 = r5', 'R5 !read_ok'], 9],
  ['old', OLD, 1, ['1: (7b) *(u64 *)(r1 +8) = r2', 'R1 type=inv expected=fp'], 2],
  ['attach target', ATTACH, undefined, ['attach_btf_id 123 is not a function'], 1],
  ['helper', HELPER, 12, ['12: (85) call unknown#181', 'invalid func unknown#181'], 1],
  ['branch', BRANCH, 12, ['12: (79) r1 = *(u64 *)(r0 +0)', "R0 invalid mem access 'scalar'"], 4],
  ['empty', '', undefined, [], 0],
])('%s log', (_name, log, instruction, lines, omitted) => {
  expect(refusedInstruction(log)).toBe(instruction);
  expect(summarizeLog(log)).toEqual({ lines, omitted });
});
