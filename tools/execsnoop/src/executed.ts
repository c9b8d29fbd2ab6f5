/** Lines of execsnoop.stp as rows: what a call began with, and how it ended. */
import { errorName, textOfBytes, unescapeBytes, type Row, type ToolReader } from '@stapkit/cli-kit';

/** A quoted text of the script as the bytes' text; an address, where the kernel could not read it, as it is. */
const textOf = (quoted: string): string => (quoted.startsWith('"') ? textOfBytes(unescapeBytes(quoted.replace(/^"|"(?:\.\.\.)?$/g, ''))) : quoted);

/** As a shell would take it. */
export const shellWord = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export class Executed implements ToolReader {
  readonly #begun = new Map<string, { readonly path: string; readonly words: readonly string[] }>();

  readonly row = ([kind, ...fields]: readonly string[]): Row | undefined => {
    const [tid = '', second = ''] = fields;
    if (kind === 'A') this.#begun.set(tid, { path: textOf(second), words: fields.slice(2).map(textOf) });
    else if (kind === 'N') this.#begun.delete(tid);
    else if (kind === 'M') this.#moved(tid, second);
    return kind === 'R' ? this.#returned(fields) : undefined;
  };

  /** A thread that executes a program is the first one from then on. */
  #moved(before: string, after: string): void {
    const begun = this.#begun.get(before);
    this.#begun.delete(before);
    if (begun !== undefined) this.#begun.set(after, begun);
  }

  #returned([time, pid, tid = '', ppid, uid, result, parent = '', ...command]: readonly string[]): Row | undefined {
    if (command.length === 0) return undefined;
    const begun = this.#begun.get(tid);
    this.#begun.delete(tid);
    const value = Number(result);
    return {
      time: Number(time), parent, ppid: Number(ppid), pid: Number(pid), uid: Number(uid), command: command.join('\t'),
      result: value < 0 ? -1 : value, error: value < 0 ? errorName(-value) : null,
      path: begun?.path ?? null, args: begun === undefined ? null : begun.words.map(shellWord).join(' '),
    };
  }
}
