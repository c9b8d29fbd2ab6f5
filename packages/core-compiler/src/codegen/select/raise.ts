/** Run-time errors: cold stubs that report the error or go to the catch block. */
import type { Value } from '@stapkit/object';
import { SESSION, SESSION_STATE } from '@stapkit/object';
import type { Label, Register } from '../../bpf/index.js';
import { FP, R1, R2, R3, asm } from '../../bpf/index.js';
import type { ErrorMessage } from '../error-messages.js';
import { SCRIPT_TEXT_ID } from '../error-messages.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { entryShape } from '../print-entry.js';
import { emitEntry, leafSources } from './prints.js';
import { moveText } from './text-memory.js';

/** The number in a message: a value, or what a machine register holds when the stub is reached. */
export type ErrorNumber = Value | { readonly machine: Register } | { readonly key: string; compute(to: Register): void };

/** Where to jump to raise `message`. */
export function errorLabel(e: FunctionEmitter, message: ErrorMessage, number?: ErrorNumber): Label {
  const { onError, printed, location } = e.block;
  const key = JSON.stringify([message.id, number, onError, printed, location], (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const known = e.stubs.get(key);
  if (known !== undefined) return known;
  const label = e.label('error');
  e.stubs.set(key, label);
  e.later(() => {
    e.bind(label);
    raise(e, message, number);
  });
  return label;
}

function raise(e: FunctionEmitter, message: ErrorMessage, number: ErrorNumber | undefined): void {
  const { onError, printed, location } = e.block;
  if (onError !== undefined) {
    if (e.plan.texts.has(e.plan.pseudo.errorText)) {
      if (number !== undefined) e.commit(e.plan.pseudo.errorNumber, numberRegister(e, number));
      e.emit(asm.mov.imm(R3, message.id));
      e.commit(e.plan.pseudo.errorId, R3);
    }
    e.emit(asm.jump(e.flow.edge(onError, printed)));
    return;
  }
  if (number === undefined) {
    const site = e.env.sites.forError(message.pieces, [], [], location, e.env.probe);
    report(e, () => emitEntry(e, site, { fixedBytes: 8, maxBytes: 8 }, []));
    return;
  }
  e.withTemp(8, (saved) => {
    e.emit(asm.store(8, FP, saved, numberRegister(e, number)));
    const site = e.env.sites.forError(message.pieces, [{ kind: 'long' }], [{ kind: 'value', value: { register: 0 } }], location, e.env.probe);
    report(e, () => emitEntry(e, site, { fixedBytes: 16, maxBytes: 16 }, [{
      long: (to) => {
        e.emit(asm.load(8, to, FP, saved));
        return to;
      },
    }]));
  });
}

function numberRegister(e: FunctionEmitter, number: ErrorNumber): Register {
  if ('machine' in number) return number.machine;
  if (!('key' in number)) return e.reg(number, R3);
  number.compute(R3);
  return R3;
}

function report(e: FunctionEmitter, entry: () => number): void {
  const { printed } = e.block;
  const bytes = entry();
  e.emit(asm.jump(countedLabel(e, printed + bytes)));
}

/** Counts the error, ends the session when it is one too many, and the handler with `printed` bytes in its record. */
function countedLabel(e: FunctionEmitter, printed: number): Label {
  const key = `counted ${printed} ${e.block.acquired}`;
  const known = e.stubs.get(key);
  if (known !== undefined) return known;
  const label = e.label('count error');
  e.stubs.set(key, label);
  e.later(() => {
    e.bind(label);
    const finish = e.flow.finish(printed);
    e.count('errors');
    const { register, offset } = e.globals(SESSION.errors, R1);
    e.emit(asm.load(8, R2, register, offset), asm.load(8, R3, register, SESSION.errorLimit), asm.jumpIf('sle', R2, { reg: R3 }, finish));
    e.emit(asm.storeImm(8, register, SESSION.state, SESSION_STATE.failed), asm.jump(finish));
  });
  return label;
}

/** The terminator `throw`: error(message). */
export function throwText(e: FunctionEmitter, message: Value): void {
  const { onError, printed, location } = e.block;
  if (onError === undefined) {
    if ('text' in message) {
      const site = e.env.sites.forError([{ literal: message.text }], [], [], location, e.env.probe);
      report(e, () => emitEntry(e, site, { fixedBytes: 8, maxBytes: 8 }, []));
      return;
    }
    const shape = entryShape(e.plan.body, [{ kind: 'value', value: message }], e.env.limits.MAXSTRINGLEN);
    const site = e.env.sites.forError([{ conversion: 's' }], shape.leaves.map(({ encoding }) => encoding), shape.args, location, e.env.probe);
    report(e, () => emitEntry(e, site, shape, leafSources(e, shape)));
    return;
  }
  if (e.plan.texts.has(e.plan.pseudo.errorText)) {
    moveText(e, e.plan.pseudo.errorText, message);
    e.emit(asm.mov.imm(R3, SCRIPT_TEXT_ID));
    e.commit(e.plan.pseudo.errorId, R3);
  }
  e.emit(asm.jump(e.flow.edge(onError, printed)));
}
