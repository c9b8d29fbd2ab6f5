/** Array globals: hash maps of the kernel. */
import type { GlobalId, IrInstruction, Value } from '@stapkit/object';
import type { Label } from '../../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import { ERRORS } from '../error-messages.js';
import type { Address, FunctionEmitter } from '../function-emitter.js';
import { STACK_KEY_MAX } from '../handler-plan.js';
import { REFUSAL } from '../refusals.js';
import type { HashStorage } from '../storage.js';
import { addToWord } from './globals.js';
import { errorLabel } from './raise.js';
import { clearText, readSlot, writeSlot } from './text-memory.js';

const BPF_ANY = 0;
const BPF_NOEXIST = 1;
const EEXIST = 17;
const E2BIG = 7;

export function hashOf(e: FunctionEmitter, global: GlobalId): HashStorage {
  const storage = e.env.storage.storages[global];
  if (storage?.kind !== 'hash') throw new Error(`internal error: global ${global} is not an array`);
  return storage;
}

/** Builds the key and gives its address (in the frame or the context), which helper calls leave alone. */
export function withKey(e: FunctionEmitter, storage: HashStorage, keys: readonly Value[], use: (key: Address) => void): void {
  const only = keys[0];
  if (keys.length === 1 && only !== undefined && 'register' in only && storage.keys[0]?.type === 'string') {
    const place = e.text(only.register);
    if (place.bytes === storage.keyBytes) {
      use(e.address(place, place.offset));
      return;
    }
  }
  if (storage.keyBytes + storage.valueBytes > STACK_KEY_MAX && e.plan.usesContext) {
    const key = { register: e.scratch, offset: e.plan.work.key };
    writeKey(e, storage, keys, key);
    use(key);
    return;
  }
  e.withTemp(storage.keyBytes, (offset) => {
    const key = { register: FP, offset };
    writeKey(e, storage, keys, key);
    use(key);
  });
}

function writeKey(e: FunctionEmitter, storage: HashStorage, keys: readonly Value[], to: Address): void {
  storage.keys.forEach(({ type, offset, bytes }, index) => {
    const value = keys[index];
    if (value === undefined) throw new Error('internal error: a key is missing');
    const place = { register: to.register, offset: to.offset + offset };
    if (type === 'string') writeSlot(e, place, bytes, value);
    else storeLong(e, place, value);
  });
}

export function storeLong(e: FunctionEmitter, { register, offset }: Address, value: Value): void {
  if ('long' in value && value.long === BigInt.asIntN(32, value.long)) e.emit(asm.storeImm(8, register, offset, Number(value.long)));
  else e.emit(asm.store(8, register, offset, e.reg(value, R0)));
}

/** r0 = the entry's value, or 0. */
export function lookup(e: FunctionEmitter, storage: HashStorage, key: Address): void {
  e.pointer(R2, key);
  e.emit(asm.loadMap(R1, storage.map), asm.call(HELPER.mapLookup));
}

export function emitArrayGet(e: FunctionEmitter, { dst, global, keys }: Extract<IrInstruction, { op: 'array-get' }>): void {
  const storage = hashOf(e, global);
  const array = e.env.program.globals[global];
  withKey(e, storage, keys, (key) => {
    lookup(e, storage, key);
    const done = e.label('got');
    if (array?.kind === 'array' && array.value === 'string') {
      const absent = e.label('absent');
      e.emit(asm.jumpIf('eq', R0, { imm: 0 }, absent), asm.mov.reg(R2, R0));
      readSlot(e, dst, { register: R2, offset: storage.valueOffset }, storage.valueBytes - storage.valueOffset);
      e.bind(done);
      e.later(() => {
        e.bind(absent);
        clearText(e, dst);
        e.emit(asm.jump(done));
      });
      return;
    }
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, done), asm.load(8, R0, R0, storage.valueOffset));
    e.bind(done);
    e.commit(dst, R0);
  });
}

export function emitArrayHas(e: FunctionEmitter, { dst, global, keys }: Extract<IrInstruction, { op: 'array-has' }>): void {
  const storage = hashOf(e, global);
  withKey(e, storage, keys, (key) => {
    lookup(e, storage, key);
    const absent = e.label('absent');
    e.emit(asm.mov.imm(R1, 0), asm.jumpIf('eq', R0, { imm: 0 }, absent), asm.mov.imm(R1, 1));
    e.bind(absent);
    e.commit(dst, R1);
  });
}

export function emitArrayDelete(e: FunctionEmitter, { global, keys }: Extract<IrInstruction, { op: 'array-delete' }>): void {
  const storage = hashOf(e, global);
  withKey(e, storage, keys, (key) => {
    e.pointer(R2, key);
    e.emit(asm.loadMap(R1, storage.map), asm.call(HELPER.mapDelete));
  });
}

export function emitArrayClear(e: FunctionEmitter, { global }: Extract<IrInstruction, { op: 'array-clear' }>): void {
  const storage = hashOf(e, global);
  if (!e.env.features.forEachMapElem) {
    const name = e.env.program.globals[global]?.name ?? '';
    e.env.refuse(REFUSAL.kernelTooOld, `"delete ${name}" of a whole array in a kernel probe needs bpf_for_each_map_elem (Linux 5.13)`, e.block.location, 'delete it in a timer or end probe');
    return;
  }
  e.emit(asm.loadMap(R1, storage.map), asm.loadFunction(R2, e.env.clearSymbol()), asm.mov.imm(R3, 0), asm.mov.imm(R4, 0), asm.call(HELPER.forEachMapElem));
}

export function emitArraySet(e: FunctionEmitter, { global, keys, src }: Extract<IrInstruction, { op: 'array-set' }>): void {
  const storage = hashOf(e, global);
  const array = e.env.program.globals[global];
  const isText = array?.kind === 'array' && array.value === 'string';
  withKey(e, storage, keys, (key) => {
    if (isText) {
      setText(e, global, storage, key, src);
      return;
    }
    // Entries are changed in place: cheaper than an update, and the time of insertion stays.
    const done = e.label('set');
    const absent = e.label('absent');
    lookup(e, storage, key);
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, absent));
    if ('long' in src && src.long === BigInt.asIntN(32, src.long)) e.emit(asm.storeImm(8, R0, storage.valueOffset, Number(src.long)));
    else e.emit(asm.store(8, R0, storage.valueOffset, e.reg(src, R1)));
    e.bind(done);
    e.later(() => {
      e.bind(absent);
      withValue(e, storage, (value) => {
        stampTime(e, storage, value);
        storeLong(e, { register: value.register, offset: value.offset + storage.valueOffset }, src);
        update(e, storage, key, value, BPF_ANY);
      });
      e.emit(asm.jumpIf('eq', R0, { imm: 0 }, done));
      raiseUpdate(e, global);
    });
  });
}

/** The whole value is replaced at once, so that no reader sees half a text. */
function setText(e: FunctionEmitter, global: GlobalId, storage: HashStorage, key: Address, src: Value): void {
  withValue(e, storage, (value) => {
    if (storage.insertedAt !== undefined) {
      const fresh = e.label('fresh');
      const stamped = e.label('stamped');
      lookup(e, storage, key);
      e.emit(asm.jumpIf('eq', R0, { imm: 0 }, fresh), asm.load(8, R0, R0, storage.insertedAt), asm.store(8, value.register, value.offset + storage.insertedAt, R0));
      e.bind(stamped);
      e.later(() => {
        e.bind(fresh);
        stampTime(e, storage, value);
        e.emit(asm.jump(stamped));
      });
    }
    writeSlot(e, { register: value.register, offset: value.offset + storage.valueOffset }, storage.valueBytes - storage.valueOffset, src);
    update(e, storage, key, value, BPF_ANY);
    const failed = e.label('not updated');
    e.emit(asm.jumpIf('ne', R0, { imm: 0 }, failed));
    e.later(() => {
      e.bind(failed);
      raiseUpdate(e, global);
    });
  });
}

export function withValue(e: FunctionEmitter, storage: HashStorage, use: (value: Address) => void): void {
  if (storage.keyBytes + storage.valueBytes > STACK_KEY_MAX && e.plan.usesContext) use({ register: e.scratch, offset: e.plan.work.value });
  else e.withTemp(storage.valueBytes, (offset) => {
    use({ register: FP, offset });
  });
}

export function stampTime(e: FunctionEmitter, storage: HashStorage, value: Address): void {
  if (storage.insertedAt === undefined) return;
  e.emit(asm.call(HELPER.ktimeGetNs), asm.store(8, value.register, value.offset + storage.insertedAt, R0));
}

/** r0 = 0 or a negative errno. */
export function update(e: FunctionEmitter, storage: HashStorage, key: Address, value: Address, mode: number): void {
  e.pointer(R2, key);
  e.pointer(R3, value);
  e.emit(asm.loadMap(R1, storage.map), asm.mov.imm(R4, mode), asm.call(HELPER.mapUpdate));
}

/** r0 is the error of an update. */
export function raiseUpdate(e: FunctionEmitter, global: GlobalId): void {
  const array = e.env.program.globals[global];
  const limit = array?.kind === 'array' ? array.maxEntries : undefined;
  const overflow = limit === undefined ? errorLabel(e, ERRORS.arrayOverflow) : errorLabel(e, ERRORS.arraySizeLimit, { long: BigInt(limit) });
  e.emit(asm.jumpIf('eq', R0, { imm: -E2BIG }, overflow), asm.jump(errorLabel(e, ERRORS.arrayUpdate, { machine: R0 })));
}

/** Looked up first: the entry is there but for the first time. */
export function emitArrayAdd(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'array-add' }>): void {
  const storage = hashOf(e, one.global);
  withKey(e, storage, one.keys, (key) => {
    const done = e.label('added');
    const absent = e.label('absent');
    const add = (): void => {
      if (one.dst === undefined || e.home(one.dst) === undefined) {
        addToWord(e, R0, storage.valueOffset, one, R2);
        return;
      }
      e.emit(asm.mov.reg(R1, R0));
      addToWord(e, R1, storage.valueOffset, one, R2);
    };
    lookup(e, storage, key);
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, absent));
    add();
    e.bind(done);
    e.later(() => {
      e.bind(absent);
      withValue(e, storage, (value) => {
        stampTime(e, storage, value);
        storeLong(e, { register: value.register, offset: value.offset + storage.valueOffset }, one.value);
        update(e, storage, key, value, BPF_NOEXIST);
      });
      const other = e.label('made by another');
      e.emit(asm.jumpIf('ne', R0, { imm: 0 }, other));
      if (one.dst !== undefined) {
        e.into(one.result === 'new' ? one.value : { long: 0n }, R1);
        e.commit(one.dst, R1);
      }
      e.emit(asm.jump(done));
      e.bind(other);
      retryAfterRace(e, one.global, storage, key, add, done);
    });
  });
}

/** r0 is the error of a BPF_NOEXIST update. When another CPU made the entry meanwhile it is there now. */
export function retryAfterRace(e: FunctionEmitter, global: GlobalId, storage: HashStorage, key: Address, change: () => void, done: Label): void {
  const exists = e.label('exists');
  e.emit(asm.jumpIf('eq', R0, { imm: -EEXIST }, exists));
  raiseUpdate(e, global);
  e.bind(exists);
  lookup(e, storage, key);
  e.emit(asm.jumpIf('eq', R0, { imm: 0 }, errorLabel(e, ERRORS.arrayUpdate, { long: BigInt(-EEXIST) })));
  change();
  e.emit(asm.jump(done));
}

export { BPF_NOEXIST };
