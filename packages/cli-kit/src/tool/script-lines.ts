/**
 * What the lines of a tool's script mean:
 * - fields with tabs between them: a row
 * - an empty line: the end of a table
 * - `histogram TAB TITLE`, then what print(@hist_log(…)) prints, up to an empty line: a histogram
 */
import { HISTOGRAM_HEAD, parseBucket, type Bucket, type Histogram } from './histogram.js';

export interface ScriptEvents {
  readonly row: (fields: readonly string[], line: string) => void;
  readonly table: () => void;
  readonly histogram: (histogram: Histogram) => void;
}

const TITLE = 'histogram\t';

export class ScriptLines {
  readonly #events: ScriptEvents;
  #title: string | undefined;
  #lines: string[] | undefined;

  constructor(events: ScriptEvents) {
    this.#events = events;
  }

  push(line: string): void {
    if (this.#lines !== undefined) {
      if (line.trim() === '') this.end();
      else this.#lines.push(line);
    } else if (HISTOGRAM_HEAD.test(line)) this.#lines = [line];
    else if (line.startsWith(TITLE)) this.#title = line.slice(TITLE.length);
    else if (line === '') this.#events.table();
    else this.#events.row(line.split('\t'), line);
  }

  /** No more lines come. */
  end(): void {
    const lines = this.#lines;
    if (lines === undefined) return;
    const buckets = lines.map(parseBucket).filter((bucket): bucket is Bucket => bucket !== undefined);
    const title = this.#title ?? '';
    this.#lines = undefined;
    this.#title = undefined;
    this.#events.histogram({ title, lines, buckets });
  }
}
