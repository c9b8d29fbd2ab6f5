/** The script that is put together at the prompt: lines, numbered from 1 as messages number them. */
import { UsageError } from '@stapkit/cli-kit';

export class ScriptText {
  #lines: readonly string[] = [];
  #isSaved = true;

  /** With a line end, unless it is empty. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Nothing would be lost. */
  get isSaved(): boolean {
    return this.#isSaved || this.isEmpty;
  }

  markSaved(): void {
    this.#isSaved = true;
  }

  add(text: string): void {
    this.#change([...this.#lines, ...linesOf(text)]);
  }

  replace(text: string): void {
    this.#change(linesOf(text));
  }

  /** @param range `10`, `12-20`, or '' for all. @throws UsageError for what is no range of lines */
  delete(range: string): void {
    const [, first, last = first] = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(range) ?? [];
    if (range !== '' && (first === undefined || Number(first) < 1 || Number(last) < Number(first) || Number(last) > this.#lines.length)) {
      throw new UsageError(`'${range}' is no range of the script's lines`, this.isEmpty ? 'there are none' : `write 1, or 1-${this.#lines.length}`, 1);
    }
    this.#change(range === '' ? [] : this.#lines.filter((_, index) => index + 1 < Number(first) || index + 1 > Number(last)));
  }

  /** A line each, with its number. */
  get numbered(): string {
    const width = String(this.#lines.length).length;
    return this.#lines.map((line, index) => `${String(index + 1).padStart(width)}: ${line}\n`).join('');
  }

  #change(lines: readonly string[]): void {
    this.#isSaved &&= lines.length === this.#lines.length && lines.every((line, index) => line === this.#lines[index]);
    this.#lines = lines;
  }
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
