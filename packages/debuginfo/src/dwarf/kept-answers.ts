/**
 * What searches of large debug information found, kept for the next process: the entries of a name, the units of a source file.
 * The numbers are ids and offsets, which say nothing without the file they were found in: lengths of its sections tie them to it.
 *
 * File: words of 32 bits (magic, format, CRC-32 of what follows, lengths), then a JSON object from questions to lists of numbers, the one
 * asked last at the end.
 */
import { crc32 } from 'node:zlib';

const MAGIC = 0x61_6b_73_01;
/** Of the bytes and of what the questions mean: grows with each change of either. */
export const ANSWERS_FORMAT = 1;
/** Bytes; from there on those asked least recently go. Some thousands of answers. */
const SIZE_MAX = 1 << 20;

/** Answers in memory: a profile asks for the functions of a million addresses. */
const ANSWERS_MAX = 1 << 14;

/** What ties answers to their files: lengths of the sections that they were found in. */
export type AnswersFingerprint = readonly number[];

export class KeptAnswers {
  readonly #fingerprint: AnswersFingerprint;
  readonly #answers: Map<string, readonly number[]>;
  /** Questions of this process. */
  readonly #asked = new Set<string>();
  #isNew = false;

  /** @param kept what bytes() gave before; of another file, or damaged: it is not used */
  constructor(fingerprint: AnswersFingerprint, kept?: Uint8Array) {
    this.#fingerprint = fingerprint;
    this.#answers = (kept === undefined ? undefined : readAnswers(kept, fingerprint)) ?? new Map<string, readonly number[]>();
  }

  /** The answer to a question; found by `find` when it was not asked before. */
  answer(question: string, find: () => readonly number[]): readonly number[] {
    const known = this.known(question);
    if (known !== undefined) return known;
    const found = find();
    this.note(question, found);
    return found;
  }

  /** Undefined: not asked before. */
  known(question: string): readonly number[] | undefined {
    const answer = this.#answers.get(question);
    if (answer !== undefined) this.#asked.add(question);
    return answer;
  }

  note(question: string, answer: readonly number[]): void {
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size < ANSWERS_MAX) break;
      this.#answers.delete(oldest);
      this.#asked.delete(oldest);
    }
    this.#answers.set(question, answer);
    this.#asked.add(question);
    this.#isNew = true;
  }

  /** Whether there are answers that were not kept before. */
  get isNew(): boolean {
    return this.#isNew;
  }

  /** @param kept what other processes kept meanwhile, whose answers stay too */
  bytes(kept?: Uint8Array): Uint8Array {
    const merged = new Map([...(kept === undefined ? [] : (readAnswers(kept, this.#fingerprint) ?? [])), ...this.#answers]);
    for (const question of this.#asked) {
      const answer = merged.get(question);
      if (answer === undefined) continue;
      merged.delete(question);
      merged.set(question, answer);
    }
    let size = 2;
    const rows: string[] = [];
    for (const [question, answer] of [...merged].reverse()) {
      const row = `${JSON.stringify(question)}:${JSON.stringify(answer)}`;
      if (size + row.length + 1 > SIZE_MAX) continue;
      size += row.length + 1;
      rows.push(row);
    }
    return encode(Buffer.from(`{${rows.reverse().join()}}`), this.#fingerprint);
  }
}

const headWords = (fingerprint: AnswersFingerprint): number => 3 + fingerprint.length;

function encode(text: Uint8Array, fingerprint: AnswersFingerprint): Uint8Array {
  const bytes = new Uint8Array(4 * headWords(fingerprint) + text.length);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of [MAGIC, ANSWERS_FORMAT, 0, ...fingerprint].entries()) view.setUint32(4 * index, word % 2 ** 32, true);
  bytes.set(text, 4 * headWords(fingerprint));
  view.setUint32(8, crc32(bytes.subarray(12)), true);
  return bytes;
}

/** Undefined: damaged, or of another file. */
function readAnswers(bytes: Uint8Array, fingerprint: AnswersFingerprint): Map<string, readonly number[]> | undefined {
  const start = 4 * headWords(fingerprint);
  if (bytes.length < start) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (index: number): number => view.getUint32(4 * index, true);
  if (word(0) !== MAGIC || word(1) !== ANSWERS_FORMAT || fingerprint.some((length, index) => word(3 + index) !== length % 2 ** 32)) return undefined;
  if (word(2) !== crc32(bytes.subarray(12))) return undefined;
  try {
    const answers: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start).toString('utf8'));
    if (typeof answers !== 'object' || answers === null) return undefined;
    const rows = Object.entries(answers);
    return rows.every(isRow) ? new Map(rows) : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

const isRow = (row: [string, unknown]): row is [string, number[]] => Array.isArray(row[1]) && row[1].every((value) => typeof value === 'number');
