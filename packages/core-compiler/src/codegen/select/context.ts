/** Who and where: the probe's arguments, the current task, the clock, the session. */
import type { IrInstruction, RegisterId, ScalarType, Value } from '@stapkit/object';
import { SESSION } from '@stapkit/object';
import type { Register } from '../../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import type { CoreField } from '../core-types.js';
import type { FunctionEmitter } from '../function-emitter.js';
import { extend } from './arithmetic.js';
import { addFieldOffset, emitReadLong, emitReadText } from './memory.js';
import { emitExit } from './prints.js';
import { emitRegexMatch } from './regex.js';
import { emitRegexGroup } from './regex-groups.js';
import { emitCaptureStack, emitPackText, emitProbeAddress } from './stacks.js';
import { emitStringAt, emitSubstring, emitTextLength } from './strings.js';
import { emitEscape, emitFind, emitName, emitSpan } from './text-scans.js';
import { clearText, lengthFromResult, readSlot, zeroBytes } from './text-memory.js';
import { emitSetVerdict, emitVerdict } from './verdict.js';
import { REFUSAL } from '../refusals.js';

const COMM_BYTES = 16;

export function emitReadArgument(e: FunctionEmitter, { dst, index, type }: Extract<IrInstruction, { op: 'read-argument' }>): void {
  const target = e.target(dst, R0);
  e.env.probeContext.argument(e, index, target);
  widen(e, target, type);
  e.commit(dst, target);
}

export function emitReadReturn(e: FunctionEmitter, { dst, type }: Extract<IrInstruction, { op: 'read-return' }>): void {
  const target = e.target(dst, R0);
  e.env.probeContext.returnValue(e, target);
  widen(e, target, type);
  e.commit(dst, target);
}

/** Registers hold more bytes than a narrow argument has; what is above it is undefined. */
function widen(e: FunctionEmitter, register: Register, { bytes, signed }: ScalarType): void {
  extend(e, register, bytes * 8, signed);
}

export function emitIntrinsic(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'intrinsic' }>): void {
  const { name, dst, args } = one;
  if (name === 'exit') {
    emitExit(e);
    return;
  }
  if (name === 'set_verdict') {
    emitSetVerdict(e, dst, args[0]);
    return;
  }
  if (name === 'send_signal') {
    emitSendSignal(e, dst, args);
    return;
  }
  if (dst === undefined) return;
  const source = (e.env.probeContext.readsTask === true ? FROM_TASK[name] : undefined) ?? LONG_SOURCES[name];
  if (source !== undefined) {
    source(e);
    e.commit(dst, R0);
    return;
  }
  switch (name) {
    case 'verdict': emitVerdict(e, dst); break;
    case 'execname': emitExecname(e, dst); break;
    case 'kernel_stack': emitCaptureStack(e, dst, 'kernel'); break;
    case 'user_stack': emitCaptureStack(e, dst, 'user'); break;
    case 'probe_address': emitProbeAddress(e, dst); break;
    case 'pack_text1': case 'pack_text2': case 'pack_text3': emitPackText(e, dst, args); break;
    case 'register_argument': emitRegisterArgument(e, dst, args); break;
    case 'member_name': case 'member_function': emitMemberText(e, name, dst, args); break;
    case 'perf_counter': emitPerfCounter(e, dst, args); break;
    case 'register_return': emitReadReturn(e, { op: 'read-return', dst, type: { bytes: 8, signed: true } }); break;
    case 'read_kernel_long': emitReadLong(e, dst, args, 'kernel'); break;
    case 'read_user_long': emitReadLong(e, dst, args, 'user'); break;
    case 'read_kernel_text': case 'read_user_text': case 'read_kernel_text_or': case 'read_user_text_or': emitTextIntrinsic(e, name, dst, args); break;
    case 'strlen': emitTextLength(e, dst, args[0]); break;
    case 'substr': emitSubstring(e, dst, args); break;
    case 'stringat': emitStringAt(e, dst, args); break;
    case 'regex_match': emitRegexMatch(e, dst, args); break;
    case 'regex_group': emitRegexGroup(e, dst, one); break;
    case 'quote': case 'escape': emitEscape(e, dst, one); break;
    case 'find': emitFind(e, dst, one); break;
    case 'span': emitSpan(e, dst, one); break;
    case 'errno_name': case 'enum_name': emitName(e, dst, one); break;
    default:
      throw new Error(`internal error: intrinsic ${name}() reached code generation`);
  }
}

/** As those of {@link LONG_SOURCES}, by programs that lack the helpers: netfilter's before Linux 6.10. */
const FROM_TASK: Readonly<Record<string, ((e: FunctionEmitter) => void) | undefined>> = {
  pid: (e) => { followTask(e, e.env.core.own('task_struct', ['tgid'], 'int'), 4); },
  tid: (e) => { followTask(e, e.env.core.own('task_struct', ['pid'], 'int'), 4); },
  uid: (e) => { followCredential(e, 'uid'); },
  gid: (e) => { followCredential(e, 'gid'); },
};

function followCredential(e: FunctionEmitter, name: 'uid' | 'gid' | 'euid' | 'egid'): void {
  followTask(e, e.env.core.own('task_struct', ['cred'], 'pointer'), 8);
  followField(e, e.env.core.own('cred', [name, 'val'], 'int'), 4);
}

/** Each leaves its result in r0. */
const LONG_SOURCES: Readonly<Record<string, ((e: FunctionEmitter) => void) | undefined>> = {
  pid: (e) => { e.emit(asm.call(HELPER.getCurrentPidTgid), asm.shr.imm(R0, 32)); },
  tid: (e) => { e.emit(asm.call(HELPER.getCurrentPidTgid), asm.alu32.mov.reg(R0, R0)); },
  uid: (e) => { e.emit(asm.call(HELPER.getCurrentUidGid), asm.alu32.mov.reg(R0, R0)); },
  gid: (e) => { e.emit(asm.call(HELPER.getCurrentUidGid), asm.shr.imm(R0, 32)); },
  cpu: (e) => { e.emit(asm.call(HELPER.getSmpProcessorId)); },
  monotonic_ns: (e) => { e.emit(asm.call(HELPER.ktimeGetNs)); },
  realtime_ns: (e) => {
    e.emit(asm.call(HELPER.ktimeGetNs));
    const { register, offset } = e.globals(SESSION.realtimeOffset, R1);
    e.emit(asm.load(8, R2, register, offset), asm.add.reg(R0, R2));
  },
  jiffies: (e) => { e.emit(asm.call(HELPER.jiffies64)); },
  random: (e) => { e.emit(asm.call(HELPER.getPrandomU32)); },
  target: (e) => {
    const { register, offset } = e.globals(SESSION.target, R1);
    e.emit(asm.load(8, R0, register, offset));
  },
  attach_cookie: (e) => {
    const context = e.contextPointer(R1);
    if (context !== R1) e.emit(asm.mov.reg(R1, context));
    e.emit(asm.call(HELPER.getAttachCookie));
  },
  task_current: (e) => { e.emit(asm.call(HELPER.getCurrentTask)); },
  ppid: (e) => {
    followTask(e, e.env.core.own('task_struct', ['real_parent'], 'pointer'), 8);
    followField(e, e.env.core.own('task_struct', ['tgid'], 'int'), 4);
  },
  euid: (e) => { followCredential(e, 'euid'); },
  egid: (e) => { followCredential(e, 'egid'); },
};

function followTask(e: FunctionEmitter, field: CoreField, bytes: 4 | 8): void {
  e.emit(asm.call(HELPER.getCurrentTask));
  followField(e, field, bytes);
}

/** r0 = r0->field. The current task and its credentials are always readable. */
function followField(e: FunctionEmitter, field: CoreField, bytes: 4 | 8): void {
  e.emit(asm.mov.reg(R3, R0));
  addFieldOffset(e, R3, field);
  e.readWord('kernel', bytes, R0, R3);
}

function emitExecname(e: FunctionEmitter, dst: RegisterId): void {
  if (!e.plan.texts.has(dst)) return;
  const place = e.text(dst);
  const to = e.address(place, place.offset);
  if (place.bytes < COMM_BYTES) throw new Error('internal error: execname() needs 16 bytes');
  // Some kernels (6.1) leave the bytes behind the NUL as they were.
  if (place.padded) zeroBytes(e, to, place.bytes);
  if (e.env.probeContext.readsTask === true) {
    e.emit(asm.call(HELPER.getCurrentTask), asm.mov.reg(R3, R0));
    addFieldOffset(e, R3, e.env.core.own('task_struct', ['comm'], 'text'));
    e.pointer(R1, to);
    e.emit(asm.mov.imm(R2, COMM_BYTES), asm.call(HELPER.probeReadKernel));
  } else {
    e.pointer(R1, to);
    e.emit(asm.mov.imm(R2, COMM_BYTES), asm.call(HELPER.getCurrentComm));
  }
  if (place.lengthOffset === undefined) return;
  e.withTemp(COMM_BYTES, (at) => {
    e.emit(asm.mov.reg(R1, FP), asm.add.imm(R1, at), asm.mov.imm(R2, COMM_BYTES));
    e.pointer(R3, to);
    e.emit(asm.call(HELPER.probeReadKernelStr));
  });
  lengthFromResult(e, place);
}

function emitRegisterArgument(e: FunctionEmitter, dst: RegisterId, args: readonly Value[]): void {
  const [number, bytes, signed] = args.map((value) => ('long' in value ? Number(value.long) : undefined));
  if (number === undefined || bytes === undefined || signed === undefined) {
    e.env.refuse(REFUSAL.argument, 'the number of an argument register must be a constant', e.block.location);
    return;
  }
  if (number < 1 || (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8)) {
    e.env.refuse(REFUSAL.argument, `there is no argument ${number} of ${bytes} bytes`, e.block.location, 'arguments count from 1');
    return;
  }
  emitReadArgument(e, { op: 'read-argument', dst, index: number - 1, type: { bytes, signed: signed !== 0 } });
}

/** Names of the probe points that share this program are in a map, by their number. */
function emitMemberText(e: FunctionEmitter, name: 'member_name' | 'member_function', dst: RegisterId, [cookie]: readonly Value[]): void {
  if (cookie === undefined) throw new Error(`internal error: ${name} lacks its number`);
  const { map, nameBytes, functionBytes } = e.env.memberTexts();
  const missing = e.label('no such member');
  e.withTemp(8, (at) => {
    e.emit(asm.store(8, FP, at, e.reg(cookie, R1)), asm.mov.reg(R2, FP), asm.add.imm(R2, at), asm.loadMap(R1, map), asm.call(HELPER.mapLookup), asm.jumpIf('eq', R0, { imm: 0 }, missing));
  });
  const isName = name === 'member_name';
  e.emit(asm.mov.reg(R2, R0));
  readSlot(e, dst, { register: R2, offset: isName ? 0 : nameBytes }, isName ? nameBytes : functionBytes);
  const known = e.label('known member');
  e.bind(known);
  e.later(() => {
    e.bind(missing);
    clearText(e, dst);
    e.emit(asm.jump(known));
  });
}

const BPF_F_CURRENT_CPU = 0xffff_ffffn;
/** struct bpf_perf_event_value: counter, enabled, running. */
const COUNTER_VALUE_BYTES = 24;

/** 0 when the counter does not count on this CPU. */
function emitPerfCounter(e: FunctionEmitter, dst: RegisterId, [name]: readonly Value[]): void {
  const map = name !== undefined && 'text' in name ? e.env.counters.get(name.text) : undefined;
  if (map === undefined) {
    const known = [...e.env.counters.keys()];
    e.env.refuse(REFUSAL.argument, `there is no counter "${name !== undefined && 'text' in name ? name.text : ''}"`, e.block.location, known.length === 0 ? 'declare it: probe perf.sw.cpu_clock.counter("NAME") {}' : `there are: ${known.join(', ')}`);
    return;
  }
  const target = e.target(dst, R0);
  e.withTemp(COUNTER_VALUE_BYTES, (at) => {
    e.emit(asm.storeImm(8, FP, at, 0), asm.storeImm(8, FP, at + 8, 0), asm.storeImm(8, FP, at + 16, 0));
    e.emit(asm.loadMap(R1, map), asm.loadImm64(R2, BPF_F_CURRENT_CPU), asm.mov.reg(R3, FP), asm.add.imm(R3, at), asm.mov.imm(R4, COUNTER_VALUE_BYTES), asm.call(HELPER.perfEventReadValue));
    e.emit(asm.load(8, target, FP, at));
  });
  e.commit(dst, target);
}

function emitSendSignal(e: FunctionEmitter, dst: RegisterId | undefined, [signal]: readonly Value[]): void {
  if (signal === undefined) throw new Error('internal error: send_signal() without a signal');
  const register = e.reg(signal, R1);
  if (register !== R1) e.emit(asm.mov.reg(R1, register));
  e.emit(asm.call(HELPER.sendSignalThread));
  if (dst === undefined) return;
  // The helper's result is an int.
  extend(e, R0, 32, true);
  e.commit(dst, R0);
}

function emitTextIntrinsic(e: FunctionEmitter, name: string, dst: RegisterId, args: readonly Value[]): void {
  const [address, limit, fallback] = args;
  if (address === undefined || limit === undefined) throw new Error(`internal error: ${name} lacks arguments`);
  emitReadText(e, {
    op: 'read-text', dst, address, space: name.startsWith('read_kernel') ? 'kernel' : 'user', limit,
    ...(fallback === undefined ? {} : { fallback }),
  });
}
