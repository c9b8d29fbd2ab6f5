/** Output that is kept until the script decides: speculate(), commit(), discard(). */

/** Bytes kept in all: what a script forgets to commit or discard must not fill the memory. */
const BYTES_MAX = 64 * 1024 * 1024;

export class Speculation {
  readonly #kept = new Map<string, string[]>();
  #bytes = 0;

  /**
   * @param text "ID TEXT"
   * @returns false when there is no room for it
   */
  keep(text: string): boolean {
    const space = text.indexOf(' ');
    const [id, output] = [text.slice(0, space), text.slice(space + 1)];
    if (this.#bytes + output.length > BYTES_MAX) return false;
    this.#bytes += output.length;
    const texts = this.#kept.get(id);
    if (texts === undefined) this.#kept.set(id, [output]);
    else texts.push(output);
    return true;
  }

  /** What was kept under the id, in the order in which it came; it is forgotten. */
  take(id: string): string {
    const text = (this.#kept.get(id) ?? []).join('');
    this.#kept.delete(id);
    this.#bytes -= text.length;
    return text;
  }
}
