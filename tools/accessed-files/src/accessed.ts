/** Adds up what the lines of tool-files.stp tell of each file. */
import { OpenFiles, type FileEvent, type Row, type ToolOptions, type ToolReader } from '@stapkit/cli-kit';

interface Totals { command: string | null; pid: number | null; file: string; calls: number; opens: number; others: number; failures: number; reads: number; read_bytes: number; writes: number; written_bytes: number }

export class AccessedFiles implements ToolReader {
  readonly #files = new OpenFiles();
  readonly #options: ToolOptions;
  #totals = new Map<string, Totals>();

  constructor(options: ToolOptions) {
    this.#options = options;
    this.#files.addWatched(options);
  }

  readonly row = (fields: readonly string[]): readonly Row[] | undefined => {
    if (fields[0] === 'E') return this.#table();
    const event = this.#files.event(fields);
    if (event !== undefined) this.#add(event);
    return undefined;
  };

  #add(event: FileEvent): void {
    if (event.kind === 'use' && (!event.isKnown || event.reads + event.writes === 0)) return;
    if (typeof this.#options['path'] === 'string' && !event.file.startsWith(this.#options['path'])) return;
    const totals = this.#totalsOf(event);
    if (event.kind === 'use') {
      totals.reads += event.reads;
      totals.read_bytes += event.readBytes;
      totals.writes += event.writes;
      totals.written_bytes += event.writtenBytes;
      totals.calls += event.reads + event.writes;
      return;
    }
    totals.calls += 1;
    if (event.kind === 'open') totals.opens += 1;
    else totals.others += 1;
    if (event.error !== null) totals.failures += 1;
  }

  #totalsOf({ pid, command, file }: FileEvent): Totals {
    const each = this.#options['byProcess'] === true;
    const key = each ? `${pid}\t${file}` : file;
    const totals = this.#totals.get(key) ?? { command: each ? command : null, pid: each ? pid : null, calls: 0, opens: 0, others: 0, failures: 0, reads: 0, read_bytes: 0, writes: 0, written_bytes: 0, file };
    this.#totals.set(key, totals);
    return totals;
  }

  #table(): readonly Row[] {
    const rows = [...this.#totals.values()].filter(({ failures }) => this.#options['failed'] !== true || failures > 0).map((totals) => ({ ...totals }));
    this.#totals = new Map();
    return rows;
  }
}
