/**
 * Puts a text together in the context's work buffer, which is twice as long as any text:
 * so a part may be copied whole before the length is cut. Then copies it to its place.
 */
import type { RegisterId } from '@stapkit/object';
import { GLOBALS_MAP } from '@stapkit/object';
import { FP, HELPER, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import type { TextPlace } from '../handler-plan.js';
import { alignTo8, literalWords } from '../text-layout.js';
import { NUMBER_AREA } from './number-text.js';
import { clamp, copyBytes, lengthFromResult, loadLength, mostBytes, setLength, zeroBytes } from './text-memory.js';

export class TextBuilder {
  readonly #e: FunctionEmitter;
  readonly #place: TextPlace;
  /** Stack: the length so far. */
  readonly #length: number;
  /** Bytes that the text can have. */
  readonly #most: number;
  #holdsNul = false;

  private constructor(e: FunctionEmitter, place: TextPlace, length: number) {
    this.#e = e;
    this.#place = place;
    this.#length = length;
    this.#most = mostBytes(e, place.bytes);
  }

  static build(e: FunctionEmitter, dst: RegisterId, parts: (builder: TextBuilder) => void): void {
    const place = e.text(dst);
    e.withTemp(8, (length) => {
      const builder = new TextBuilder(e, place, length);
      if (place.padded) zeroBytes(e, { register: e.scratch, offset: e.plan.work.text }, place.bytes);
      e.emit(asm.storeImm(8, FP, length, 0));
      parts(builder);
      builder.#finish();
    });
  }

  /** Bytes of a text that was made may be NUL: the text ends at the first. */
  mayHoldNul(): void {
    this.#holdsNul = true;
  }

  /** Where the stack has the length so far. */
  get lengthPlace(): number {
    return this.#length;
  }

  #finish(): void {
    const e = this.#e;
    const place = this.#place;
    const work = { register: e.scratch, offset: e.plan.work.text };
    const to = e.address(place, place.offset);
    e.emit(asm.load(8, R1, FP, this.#length));
    clamp(e, R1, this.#most);
    if (!this.#holdsNul) setLength(e, place, R1);
    e.emit(asm.add.reg(R1, e.scratch), asm.storeImm(1, R1, e.plan.work.text, 0));
    if (this.#holdsNul) {
      if (place.padded) zeroBytes(e, to, place.bytes);
      e.pointer(R1, to);
      e.emit(asm.mov.imm(R2, this.#most + 1));
      e.pointer(R3, work);
      e.emit(asm.call(HELPER.probeReadKernelStr));
      lengthFromResult(e, place);
      return;
    }
    // What was cut off lies behind the NUL.
    for (let at = this.#most; at < place.bytes; at++) e.emit(asm.storeImm(1, e.scratch, e.plan.work.text + at, 0));
    copyBytes(e, to, work, place.bytes);
  }

  /** r1 = the length so far, with its bound known; r2 = context + length. */
  #position(): void {
    const e = this.#e;
    e.emit(asm.load(8, R1, FP, this.#length));
    clamp(e, R1, this.#most);
    e.emit(asm.mov.reg(R2, e.scratch), asm.add.reg(R2, R1));
  }

  /** length = min(r1, what fits). */
  #keepLength(): void {
    clamp(this.#e, R1, this.#most);
    this.#e.emit(asm.store(8, FP, this.#length, R1));
  }

  /** The length so far is what `load` puts into r1. */
  setLength(load: () => void): void {
    load();
    this.#keepLength();
  }

  literal(text: string): void {
    if (text === '') return;
    const e = this.#e;
    const cut = text.slice(0, this.#most);
    this.#position();
    literalWords(cut, alignTo8(cut.length + 1)).forEach((word, index) => {
      e.constant(R0, word);
      e.emit(asm.store(8, R2, e.plan.work.text + index * 8, R0));
    });
    e.emit(asm.add.imm(R1, cut.length));
    this.#keepLength();
  }

  /** The low byte of r0, unless that is 0. */
  sign(): void {
    const e = this.#e;
    const none = e.label('no sign');
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, none));
    this.#position();
    e.emit(asm.store(1, R2, e.plan.work.text, R0), asm.add.imm(R1, 1));
    this.#keepLength();
    e.bind(none);
  }

  /** At most `most` bytes of it, on a field of `width`. */
  text(source: TextPlace, { most, width = 0, left = false }: { readonly most?: number; readonly width?: number; readonly left?: boolean } = {}): void {
    const e = this.#e;
    e.withTemp(8, (count) => {
      loadLength(e, source, R3);
      clamp(e, R3, Math.min(source.bytes, most ?? source.bytes));
      e.emit(asm.store(8, FP, count, R3));
      this.onField(count, width, left, () => {
        this.append(count, Math.min(source.bytes, most ?? source.bytes), () => {
          e.pointer(R3, e.address(source, source.offset));
        });
      });
    });
  }

  /** `content`, of the number of bytes at stack place `count`, on a field of a small width. */
  onField(count: number, width: number, left: boolean, content: () => void): void {
    if (width > 0 && !left) this.#fillNarrow(count, width);
    content();
    if (width > 0 && left) this.#fillNarrow(count, width);
  }

  /** Copies the number of bytes at stack place `count` from where `source` points r3 to. r4 is that number when `source` runs. */
  append(count: number, most: number, source: () => void): void {
    const e = this.#e;
    this.#position();
    e.emit(asm.load(8, R4, FP, count));
    clamp(e, R4, most);
    e.emit(asm.add.reg(R1, R4));
    this.#keepLength();
    e.emit(asm.add.imm(R2, e.plan.work.text), asm.mov.reg(R1, R2), asm.mov.reg(R2, R4));
    source();
    e.emit(asm.call(HELPER.probeReadKernel));
  }

  /** Appends width - count blanks, if that is more than none. */
  #fillNarrow(count: number, width: number): void {
    const e = this.#e;
    const none = e.label('no fill');
    const word = literalWords(' '.repeat(8), 9)[0] ?? 0n;
    e.constant(R0, word);
    for (let done = 0; done < alignTo8(width); done += 8) e.emit(asm.store(8, e.scratch, e.plan.work.number + NUMBER_AREA.fill + done, R0));
    e.withTemp(8, (missing) => {
      e.emit(asm.load(8, R1, FP, count), asm.mov.imm(R2, width), asm.jumpIf('ge', R1, { imm: width }, none), asm.sub.reg(R2, R1), asm.store(8, FP, missing, R2));
      this.append(missing, width, () => {
        e.pointer(R3, { register: e.scratch, offset: e.plan.work.number + NUMBER_AREA.fill });
      });
    });
    e.bind(none);
  }

  /** Appends as many fill characters as stack place `count` says. */
  fill(count: number, character: 'space' | 'zero'): void {
    const e = this.#e;
    const none = e.label('no fill');
    const { fills } = e.env.storage;
    e.emit(asm.load(8, R1, FP, count), asm.jumpIf('eq', R1, { imm: 0 }, none));
    this.append(count, Math.min(this.#most, fills.bytes), () => {
      e.emit(asm.loadData(R3, GLOBALS_MAP, fills[character]));
    });
    e.bind(none);
  }
}
