/** Walks a regular expression's table over a text. The loop is bounded by the text's room; every kernel since 5.3 verifies that. */
import { GLOBALS_MAP, REGEX_ACCEPT } from '@stapkit/object';
import type { RegisterId, Value } from '@stapkit/object';
import { R0, R1, R2, R3, R4, R5, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { REGEX_ROWS_OFFSET } from '../regex-tables.js';

export function emitRegexMatch(e: FunctionEmitter, dst: RegisterId, args: readonly Value[]): void {
  const [subject, pattern] = args;
  const table = pattern !== undefined && 'text' in pattern ? e.env.storage.regexTables.get(pattern.text) : undefined;
  if (subject === undefined || !('register' in subject) || table === undefined) throw new Error('internal error: a regular expression without a table');
  if (table.automaton.start === REGEX_ACCEPT || table.automaton.rows.length === 0) {
    e.emit(asm.mov.imm(R0, table.automaton.start === REGEX_ACCEPT ? 1 : 0));
    e.commit(dst, R0);
    return;
  }
  const source = e.text(subject.register);
  const [next, finished, done] = [e.label('next byte'), e.label('finished'), e.label('matched')];
  e.pointer(R1, e.address(source, source.offset));
  e.emit(asm.loadData(R3, GLOBALS_MAP, table.offset), asm.mov.imm(R2, 0), asm.mov.imm(R4, 0));
  e.bind(next);
  e.emit(
    asm.load(1, R0, R1, 0), asm.mov.reg(R5, R3), asm.add.reg(R5, R0), asm.load(1, R0, R5, 0), asm.shl.imm(R0, 1),
    asm.mov.reg(R5, R3), asm.add.reg(R5, R2), asm.add.reg(R5, R0), asm.load(2, R2, R5, REGEX_ROWS_OFFSET),
    // Entries beyond the last state say accept or reject; NUL always leads to one of these.
    asm.jumpIf('gt', R2, { imm: table.lastState }, finished),
    asm.add.imm(R1, 1), asm.add.imm(R4, 1), asm.jumpIf('lt', R4, { imm: source.bytes }, next),
  );
  e.bind(finished);
  e.emit(asm.mov.imm(R0, 1), asm.jumpIf('eq', R2, { imm: REGEX_ACCEPT }, done), asm.mov.imm(R0, 0));
  e.bind(done);
  e.commit(dst, R0);
}
