/** Instruction selection: one IR instruction to BPF. One file a family. */
import type { IrInstruction } from '@stapkit/object';
import type { FunctionEmitter } from '../function-emitter.js';
import { emitBinary, emitMove, emitUnary } from './arithmetic.js';
import { emitArrayAdd, emitArrayClear, emitArrayDelete, emitArrayGet, emitArrayHas, emitArraySet } from './arrays.js';
import { emitIntrinsic, emitReadArgument, emitReadReturn } from './context.js';
import { emitFormat } from './format.js';
import { emitAddGlobal, emitClearGlobal, emitLoadGlobal, emitStoreGlobal } from './globals.js';
import { emitFieldAddress, emitReadBytes, emitReadMemory, emitReadText } from './memory.js';
import { emitPrint } from './prints.js';
import { emitLoadFrame, emitSaveFrame } from './frames.js';
import { emitReadRegister } from './registers.js';
import { emitHistogramGet, emitStatAdd, emitStatGet } from './statistics.js';
import { emitCaught, emitCompareText, emitConcat } from './strings.js';
import { moveText } from './text-memory.js';
import { emitAdvance, emitIterate } from './walks.js';

export function emitInstruction(e: FunctionEmitter, one: IrInstruction): void {
  switch (one.op) {
    case 'move':
      if (e.plan.body.registers[one.dst]?.type === 'string') moveText(e, one.dst, one.src);
      else emitMove(e, one.dst, one.src);
      break;
    case 'unary': emitUnary(e, one); break;
    case 'binary': emitBinary(e, one); break;
    case 'compare-text': emitCompareText(e, one); break;
    case 'concat': emitConcat(e, one); break;
    case 'format': emitFormat(e, one); break;
    case 'print': emitPrint(e, one); break;
    case 'load-global': emitLoadGlobal(e, one); break;
    case 'store-global': emitStoreGlobal(e, one); break;
    case 'add-global': emitAddGlobal(e, one); break;
    case 'clear-global': emitClearGlobal(e, one); break;
    case 'array-get': emitArrayGet(e, one); break;
    case 'array-set': emitArraySet(e, one); break;
    case 'array-add': emitArrayAdd(e, one); break;
    case 'array-has': emitArrayHas(e, one); break;
    case 'array-delete': emitArrayDelete(e, one); break;
    case 'array-clear': emitArrayClear(e, one); break;
    case 'stat-add': emitStatAdd(e, one); break;
    case 'stat-get': emitStatGet(e, one); break;
    case 'histogram-get': emitHistogramGet(e, one); break;
    case 'intrinsic': emitIntrinsic(e, one); break;
    case 'read-argument': emitReadArgument(e, one); break;
    case 'read-return': emitReadReturn(e, one); break;
    case 'read-register': emitReadRegister(e, one); break;
    case 'field-address': emitFieldAddress(e, one); break;
    case 'read-memory': emitReadMemory(e, one); break;
    case 'read-text': emitReadText(e, one); break;
    case 'read-bytes': emitReadBytes(e, one); break;
    case 'caught': emitCaught(e, one.dst); break;
    case 'iterate': emitIterate(e, one); break;
    case 'advance': emitAdvance(e, one); break;
    case 'save-frame': emitSaveFrame(e, one); break;
    case 'load-frame': emitLoadFrame(e, one); break;
    case 'save-entry':
      e.saveEntry(one.slot, one.value);
      break;
    case 'read-entry': case 'call':
      throw new Error(`internal error: ${one.op} reached code generation`);
    default: one satisfies never;
  }
}
