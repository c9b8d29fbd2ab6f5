/**
 * Puts a text together in the context's work buffer, which is twice as long as any text:
 * so a part may be copied whole before the length is cut. Then copies it to its place.
 */
import type { FormatPiece, RegisterId, Value } from '@stapkit/object';
import { HELPER, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import type { Label } from '../../bpf/index.js';
import type { FunctionEmitter } from '../function-emitter.js';
import type { TextPlace } from '../handler-plan.js';
import { REFUSAL } from '../refusals.js';
import { alignTo8, literalWords } from '../text-layout.js';
import { NUMBER_AREA, numberSymbol } from './number-text.js';
import { clamp, copyBytes, loadLength, mostBytes, setLength, zeroBytes } from './text-memory.js';

export type Conversion = Extract<FormatPiece, { readonly conversion: string }>;

/** Widths beyond this are refused. */
const WIDTH_MAX = 64;

/** Counters lie in the context: the verifier follows what is on the stack, and each length would be another state to it. */
export class TextBuilder {
  readonly #e: FunctionEmitter;
  readonly #place: TextPlace;
  /** Offset in the context of the length so far. */
  readonly #length: number;
  /** Bytes that the text can have. */
  readonly #most: number;
  /** A NUL ends the text, whatever comes after it. */
  readonly #end: Label = { name: 'end of the text' };

  private constructor(e: FunctionEmitter, place: TextPlace) {
    this.#e = e;
    this.#place = place;
    this.#length = e.plan.work.number + NUMBER_AREA.length;
    this.#most = mostBytes(e, place.bytes);
  }

  static build(e: FunctionEmitter, dst: RegisterId, parts: (builder: TextBuilder) => void): void {
    const place = e.text(dst);
    const builder = new TextBuilder(e, place);
    if (place.padded) zeroBytes(e, { register: e.scratch, offset: e.plan.work.text }, place.bytes);
    e.emit(asm.storeImm(8, e.scratch, builder.#length, 0));
    parts(builder);
    builder.#finish();
  }

  #finish(): void {
    const e = this.#e;
    e.bind(this.#end);
    e.emit(asm.load(8, R1, e.scratch, this.#length));
    clamp(e, R1, this.#most);
    setLength(e, this.#place, R1);
    e.emit(asm.add.reg(R1, e.scratch), asm.storeImm(1, R1, e.plan.work.text, 0));
    // What was cut off lies behind the NUL.
    for (let at = this.#most; at < this.#place.bytes; at++) e.emit(asm.storeImm(1, e.scratch, e.plan.work.text + at, 0));
    copyBytes(e, e.address(this.#place, this.#place.offset), { register: e.scratch, offset: e.plan.work.text }, this.#place.bytes);
  }

  /** r1 = the length so far, with its bound known; r2 = context + length. */
  #position(): void {
    const e = this.#e;
    e.emit(asm.load(8, R1, e.scratch, this.#length));
    clamp(e, R1, this.#most);
    e.emit(asm.mov.reg(R2, e.scratch), asm.add.reg(R2, R1));
  }

  /** length = min(r1, what fits). */
  #keepLength(): void {
    clamp(this.#e, R1, this.#most);
    this.#e.emit(asm.store(8, this.#e.scratch, this.#length, R1));
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

  /** At most `most` bytes of it, on a field of `width`. */
  text(source: TextPlace, { most, width = 0, left = false }: { readonly most?: number; readonly width?: number; readonly left?: boolean } = {}): void {
    const e = this.#e;
    const count = e.plan.work.number + NUMBER_AREA.taken;
    loadLength(e, source, R3);
    clamp(e, R3, Math.min(source.bytes, most ?? source.bytes));
    e.emit(asm.store(8, e.scratch, count, R3));
    if (width > 0 && !left) this.#fill(count, width, ' ');
    this.#append(count, Math.min(source.bytes, most ?? source.bytes), () => {
      e.pointer(R3, e.address(source, source.offset));
    });
    if (width > 0 && left) this.#fill(count, width, ' ');
  }

  /** Copies the number of bytes that the context has at `count` from where `source` points r3 to. r4 is that number when `source` runs. */
  #append(count: number, most: number, source: () => void): void {
    const e = this.#e;
    this.#position();
    e.emit(asm.load(8, R4, e.scratch, count));
    clamp(e, R4, most);
    e.emit(asm.add.reg(R1, R4));
    this.#keepLength();
    e.emit(asm.add.imm(R2, e.plan.work.text), asm.mov.reg(R1, R2), asm.mov.reg(R2, R4));
    source();
    e.emit(asm.call(HELPER.probeReadKernel));
  }

  /** Appends width - count fill characters, if that is more than none. */
  #fill(count: number, width: number, character: ' ' | '0'): void {
    const e = this.#e;
    const none = e.label('no fill');
    const word = literalWords(character.repeat(8), 9)[0] ?? 0n;
    e.constant(R0, word);
    for (let done = 0; done < alignTo8(width); done += 8) e.emit(asm.store(8, e.scratch, e.plan.work.number + NUMBER_AREA.fill + done, R0));
    const missing = e.plan.work.number + NUMBER_AREA.missing;
    e.emit(asm.load(8, R1, e.scratch, count), asm.mov.imm(R2, width), asm.jumpIf('ge', R1, { imm: width }, none), asm.sub.reg(R2, R1), asm.store(8, e.scratch, missing, R2));
    this.#append(missing, width, () => {
      e.pointer(R3, { register: e.scratch, offset: e.plan.work.number + NUMBER_AREA.fill });
    });
    e.bind(none);
  }

  /** A long by a conversion of printf. */
  number(value: Value, { conversion, flag, width = 0, precision }: Conversion): void {
    const e = this.#e;
    if (width === '*' || precision === '*' || width > WIDTH_MAX || (precision ?? 0) > WIDTH_MAX) {
      e.env.refuse(REFUSAL.hostOnly, `a width or precision that is not a constant up to ${WIDTH_MAX} cannot be formatted in a kernel probe`, e.block.location, 'print with printf() instead of sprintf()');
      return;
    }
    const left = flag === '-';
    if (conversion === 'c') {
      this.#character(value, Math.max(0, width - 1), left);
      return;
    }
    this.#digits(value, conversion, flag, flag === '0' ? width : 0, Math.max(precision ?? 1, 1));
    const count = e.plan.work.number + NUMBER_AREA.count;
    if (width > 0 && !left) this.#fill(count, width, ' ');
    this.#append(count, NUMBER_AREA.end - NUMBER_AREA.digits, () => {
      e.emit(asm.mov.reg(R3, e.scratch), asm.add.imm(R3, e.plan.work.number + NUMBER_AREA.end), asm.sub.reg(R3, R4));
    });
    if (width > 0 && left) this.#fill(count, width, ' ');
  }

  #character(value: Value, spaces: number, left: boolean): void {
    const e = this.#e;
    if (!left) this.literal(' '.repeat(spaces));
    e.into(value, R0);
    e.emit(asm.and.imm(R0, 255), asm.jumpIf('eq', R0, { imm: 0 }, this.#end));
    this.#position();
    e.emit(asm.store(1, R2, e.plan.work.text, R0), asm.add.imm(R1, 1));
    this.#keepLength();
    if (left) this.literal(' '.repeat(spaces));
  }

  #digits(value: Value, conversion: Conversion['conversion'], flag: Conversion['flag'], field: number, precision: number): void {
    const e = this.#e;
    const kinds: Partial<Record<Conversion['conversion'], Parameters<typeof numberSymbol>[1]>> = {
      d: 'decimal', u: 'unsigned', o: 'octal', x: 'hex', X: 'HEX', p: 'hex',
    };
    const kind = kinds[conversion];
    if (kind === undefined) {
      e.env.refuse(REFUSAL.hostOnly, `%${conversion} cannot be formatted in a kernel probe`, e.block.location, 'print with printf() instead of sprintf()');
      return;
    }
    const prefix = conversion === 'p' || flag === '#' ? { octal: '0', hex: '0x', HEX: '0X', decimal: '', unsigned: '' }[kind] : '';
    const sign = kind === 'decimal' && (flag === '+' || flag === ' ') ? flag : '';
    e.into(value, R2);
    e.pointer(R1, { register: e.scratch, offset: e.plan.work.number });
    e.emit(asm.callSymbol(numberSymbol(e, kind, { prefix, sign, field, precision })));
  }
}
