/** Whatever an attempt or a count of failures becomes: a row, a summary entry. */
import { RowWriter, type TextOutput } from '@stapkit/cli-kit';
import { COLUMNS, DATA_COLUMNS, countedRow, dataRow, displayRow, type Attempt } from './connection.js';
import type { TfoOptions } from './options.js';
import type { ServerOwners } from './server-owner.js';
import { Summary } from './summary.js';

export class Report {
  readonly summary = new Summary();
  /** Attempts with their addresses. */
  seen = 0;
  /** Failures that only the kernel's counter told of. */
  counted = 0;
  readonly #writer: RowWriter;
  readonly #owners: ServerOwners;
  readonly #rowsWanted: number;
  readonly #format: 'people' | 'programs';
  /** What the counters do not know of: filters. */
  readonly #scope: string;

  constructor(options: TfoOptions, output: TextOutput, owners: ServerOwners) {
    const format = options.json === true ? 'json' : options.csv === true ? 'csv' : 'columns';
    this.#format = format === 'columns' ? 'people' : 'programs';
    this.#scope = options.port === undefined && options.addr === undefined ? '' : ', at any address';
    this.#owners = owners;
    this.#rowsWanted = options.count ?? Infinity;
    this.#writer = new RowWriter({ columns: format === 'csv' ? DATA_COLUMNS : COLUMNS, format, header: options.header, write: (text) => { output.write(text); } });
  }

  /** As many rows as --count wants; what comes after is not shown. */
  get full(): boolean {
    return this.#writer.count >= this.#rowsWanted;
  }

  head(): void {
    this.#writer.head();
  }

  attempt(attempt: Attempt): void {
    if (this.full) return;
    this.seen += 1;
    this.summary.add(attempt);
    const owner = this.#owners.of(attempt);
    this.#writer.row(this.#format === 'programs' ? dataRow(attempt, owner) : displayRow(attempt, owner));
  }

  countedFailures(count: number): void {
    if (count <= 0 || this.full) return;
    this.counted += count;
    this.#writer.row(countedRow(count, Date.now() * 1000, this.#format, this.#scope));
  }
}
