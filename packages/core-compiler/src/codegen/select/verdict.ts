/** What a netfilter hook answers: `$verdict`. */
import type { RegisterId, Value } from '@stapkit/object';
import type { Register } from '../../bpf/index.js';
import { FP, R0, R3, asm } from '../../bpf/index.js';
import { ERRORS } from '../error-messages.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { errorLabel } from './raise.js';

export function loadVerdict(e: FunctionEmitter, to: Register): void {
  const [base, offset] = verdictPlace(e);
  e.emit(asm.load(8, to, base, offset));
}

export function storeVerdict(e: FunctionEmitter, from: Register): void {
  const [base, offset] = verdictPlace(e);
  e.emit(asm.store(8, base, offset, from));
}

function verdictPlace(e: FunctionEmitter): readonly [Register, number] {
  return e.plan.outlined ? [e.scratch, e.plan.verdict ?? 0] : [FP, e.verdictOffset];
}

/** `$verdict`: a handler that never sets it answers what its kind of program does. */
export function emitVerdict(e: FunctionEmitter, dst: RegisterId): void {
  if (e.plan.verdict === undefined) e.emit(asm.mov.imm(R0, e.env.probeContext.result ?? 0));
  else loadVerdict(e, R0);
  e.commit(dst, R0);
}

/** The kernel takes 0 (NF_DROP) and 1 (NF_ACCEPT); any other number is an error, and what was set before stays. */
export function emitSetVerdict(e: FunctionEmitter, dst: RegisterId | undefined, value: Value | undefined): void {
  if (value === undefined) throw new Error('internal error: set_verdict() without a value');
  const register = e.reg(value, R3);
  const isGood = 'long' in value && (value.long === 0n || value.long === 1n);
  if (!isGood) e.emit(asm.jumpIf('gt', register, { imm: 1 }, errorLabel(e, ERRORS.verdict, { machine: register })));
  storeVerdict(e, register);
  if (dst !== undefined) e.commit(dst, register);
}
