/** What a tool shows: rows as they come, or tables; for people or for programs. */
import { RowWriter, renderTable, type Column, type Row, type TableLook } from '../rows.js';
import { styled, wantsColor } from '../terminal-style.js';
import type { TextOutput } from '../text-output.js';
import { clockTime } from '../times.js';
import type { ToolColumn, ToolDescription, ToolOptions, ToolReader } from './description.js';
import type { Histogram } from './histogram.js';
import { LiveScreen } from './live-screen.js';
import { peopleColumns, peopleRow, programColumns, programRow } from './shown-columns.js';

/** Columns of a terminal, or of what is not one. */
const WIDTH = 80;

/** The time at which a table was made stands in front of its rows in JSON and CSV. */
const TABLE_TIME: ToolColumn = { key: 'time', type: 'time', help: 'when the table was made' };

export abstract class ToolOutput {
  protected readonly tool: ToolDescription;
  protected readonly options: ToolOptions;
  protected readonly output: TextOutput;
  readonly color: boolean;
  #full = false;

  constructor(tool: ToolDescription, options: ToolOptions, output: TextOutput) {
    this.tool = tool;
    this.options = options;
    this.output = output;
    this.color = wantsColor(options.color, output.isTerminal);
  }

  get format(): 'columns' | 'json' | 'csv' {
    return this.options.json === true ? 'json' : this.options.csv === true ? 'csv' : 'columns';
  }

  /** As much has been shown as --count wants: nothing more is. */
  get full(): boolean {
    return this.#full;
  }

  /** One more row or table of those that --count counts. */
  protected counted(shown: number): void {
    this.#full = this.options.count !== undefined && shown >= this.options.count;
  }

  get look(): TableLook {
    const terminal = this.output.isTerminal;
    return { boxed: terminal, width: terminal ? process.stdout.columns : WIDTH, color: this.color, header: this.options.header };
  }

  protected writer(columns: readonly Column[]): RowWriter {
    return new RowWriter({ columns, format: this.format, header: this.options.header, color: this.color, write: (text) => { this.output.write(text); } });
  }

  /** Tracing has begun. */
  abstract begin(): void;
  abstract row(row: Row): void;
  abstract table(): void;
  abstract histogram(histogram: Histogram): void;
  /** Nothing more comes. */
  abstract end(): Promise<void>;
  /** Leaves the terminal as it was, whatever happened. */
  abstract release(): void;
}

/** Text of a histogram in each format. */
function histogramText({ title, lines, buckets }: Histogram, format: 'columns' | 'json' | 'csv', color: boolean): string {
  if (format === 'json') return `${JSON.stringify({ histogram: title, buckets })}\n`;
  if (format === 'csv') return `histogram,value,count\n${buckets.map(({ value, count }) => `"${title.replaceAll('"', '""')}",${value},${count}\n`).join('')}`;
  return `${title === '' ? '' : `${color ? styled('bold', title) : title}\n`}${lines.join('\n')}\n\n`;
}

export class EventOutput extends ToolOutput {
  readonly #rows: RowWriter;
  readonly #reader: ToolReader;

  constructor(tool: ToolDescription, options: ToolOptions, output: TextOutput, reader: ToolReader) {
    super(tool, options, output);
    this.#reader = reader;
    this.#rows = this.writer(this.format === 'csv' ? programColumns(tool.columns) : peopleColumns(tool.columns, options));
  }

  begin(): void {
    if (this.#reader.line === undefined || this.format !== 'columns') this.#rows.head();
  }

  row(row: Row): void {
    if (this.full) return;
    const line = this.format === 'columns' ? this.#reader.line?.(row) : undefined;
    if (line !== undefined) this.#rows.line(line);
    else this.#rows.row(this.format === 'columns' ? peopleRow(this.tool.columns, row, this.options) : programRow(this.tool.columns, row));
    this.counted(this.#rows.count);
  }

  /** Rows of events make no tables. */
  table(): void { /* an empty line of the script */ }

  histogram(histogram: Histogram): void {
    this.output.write(histogramText(histogram, this.format, this.color));
  }

  async end(): Promise<void> { /* rows are written as they come */ }

  release(): void { /* nothing is held */ }
}

export class TableOutput extends ToolOutput {
  #rows: Row[] = [];
  #histograms: Histogram[] = [];
  #tables = 0;
  #last = Promise.resolve();
  readonly #programRows: RowWriter;
  readonly #screen: LiveScreen | undefined;
  readonly #redraw = (): void => { this.#screen?.draw(); };

  constructor(tool: ToolDescription, options: ToolOptions, output: TextOutput) {
    super(tool, options, output);
    this.#programRows = this.writer(programColumns([TABLE_TIME, ...tool.columns]));
    const live = tool.tables?.live === true && options.scroll !== true && this.format === 'columns' && output.isTerminal && this.repeats;
    if (!live) return;
    this.#screen = new LiveScreen({ get columns() { return process.stdout.columns; }, get rows() { return process.stdout.rows; }, write: (text) => { output.write(text); } });
    process.stdout.on('resize', this.#redraw);
  }

  /** Tables come at intervals. */
  private get repeats(): boolean {
    return (this.options.interval ?? this.tool.tables?.interval) !== undefined;
  }

  begin(): void {
    if (this.format === 'csv') this.#programRows.head();
  }

  row(row: Row): void {
    this.#rows.push(row);
  }

  histogram(histogram: Histogram): void {
    this.#histograms.push(histogram);
  }

  table(): void {
    if (this.full) return;
    const rows = this.#sorted();
    const histograms = this.#histograms;
    this.#rows = [];
    this.#histograms = [];
    this.#tables += 1;
    this.counted(this.#tables);
    const timeUs = Date.now() * 1000;
    // One after the other: the first one loads what draws tables.
    this.#last = this.#last.then(() => this.#show(rows, histograms, timeUs));
  }

  async end(): Promise<void> {
    if (this.#rows.length > 0 || this.#histograms.length > 0) this.table();
    await this.#last;
    this.release();
  }

  release(): void {
    process.stdout.off('resize', this.#redraw);
    this.#screen?.leave();
    this.output.flush();
  }

  #sorted(): Row[] {
    const key = this.tool.tables?.sort;
    if (key === undefined) return this.#rows;
    const size = (row: Row): number => Number(row[key] ?? 0);
    return this.#rows.sort((a, b) => size(b) - size(a));
  }

  async #show(rows: readonly Row[], histograms: readonly Histogram[], timeUs: number): Promise<void> {
    const { tool, options } = this;
    const histogramsText = histograms.map((one) => histogramText(one, this.format, this.color)).join('');
    if (this.format !== 'columns') {
      const shown = options.top === undefined ? rows : rows.slice(0, options.top);
      for (const row of shown) this.#programRows.row(programRow([TABLE_TIME, ...tool.columns], { time: timeUs, ...row }));
      this.output.write(histogramsText);
      return;
    }
    const top = options.top ?? tool.tables?.top ?? rows.length;
    const shown = rows.slice(0, top).map((row) => peopleRow(tool.columns, row, options));
    const look = this.#screen === undefined ? this.look : { ...this.look, boxed: false };
    const time = options.timestamp === true ? `${clockTime(timeUs, { utc: options.utc === true })}\n` : '';
    const table = rows.length === 0 && histograms.length > 0 ? '' : await renderTable(peopleColumns(tool.columns, options), shown, look);
    const more = rows.length > top ? `… and ${rows.length - top} more (--top ${rows.length})\n` : '';
    const text = `${time}${table}${more}${histogramsText}`;
    if (this.#screen !== undefined) this.#screen.show(text, rows.length === 0 && histograms.length === 0);
    else this.output.write(`${this.repeats && this.#tables > 1 ? '\n' : ''}${text}`);
  }
}
