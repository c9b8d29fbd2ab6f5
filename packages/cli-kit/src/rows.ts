/**
 * How a command shows its findings: columns that stream, one JSON object a line, or CSV. A summary at the end is a
 * table (cli-table3 on a terminal, plain columns when piped).
 */

export type CellValue = string | number | null;
export type Row = Readonly<Record<string, CellValue>>;

export interface Column {
  /** Key in rows and in JSON. */
  readonly key: string;
  /** Header text, upper case, unit in parentheses. */
  readonly title: string;
  /** Characters; the last column needs none. */
  readonly width: number;
  readonly align?: 'left' | 'right';
}

export interface RowWriterOptions {
  readonly columns: readonly Column[];
  readonly format: 'columns' | 'json' | 'csv';
  readonly header: boolean;
  readonly write: (text: string) => void;
}

function cell(value: CellValue | undefined): string {
  return value === null || value === undefined ? '-' : String(value);
}

function csvCell(value: CellValue | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Control characters of traced data must not drive the terminal. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Writes rows as they come. Columns that are too long push the rest of their line, nothing is cut. */
export class RowWriter {
  readonly #options: RowWriterOptions;
  #headed = false;
  #count = 0;

  constructor(options: RowWriterOptions) {
    this.#options = options;
  }

  /** Rows written so far. */
  get count(): number {
    return this.#count;
  }

  /** Shows the header now, so that a person sees that tracing has begun. */
  head(): void {
    const { format, header, columns } = this.#options;
    if (this.#headed || format === 'json' || !header) return;
    this.#headed = true;
    if (format === 'csv') this.#line(columns.map((column) => csvCell(column.key)).join(','));
    else this.#columns((column) => column.title);
  }

  row(row: Row): void {
    this.head();
    this.#count += 1;
    const { format, columns } = this.#options;
    if (format === 'json') this.#line(JSON.stringify(row));
    else if (format === 'csv') this.#line(columns.map((column) => csvCell(row[column.key])).join(','));
    else this.#columns((column) => printable(cell(row[column.key])));
  }

  #columns(text: (column: Column) => string): void {
    const { columns } = this.#options;
    const last = columns.length - 1;
    const cells = columns.map((column, index) => {
      const value = text(column);
      if (column.align === 'right') return value.padStart(column.width);
      return index === last ? value : value.padEnd(column.width);
    });
    this.#line(cells.join(' ').trimEnd());
  }

  #line(text: string): void {
    this.#options.write(`${text}\n`);
  }
}

/** A finished table: boxed on a terminal, plain columns elsewhere. */
export async function renderTable(columns: readonly Column[], rows: readonly Row[], terminal: boolean): Promise<string> {
  // Loaded when the first table is made: most runs make none.
  const { default: Table } = await import('cli-table3');
  const plain = { top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' };
  const table = new Table({
    head: columns.map((column) => column.title),
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], ...(terminal ? {} : { 'padding-left': 0, 'padding-right': 0 }) },
    ...(terminal ? {} : { chars: plain }),
  });
  for (const row of rows) table.push(columns.map((column) => printable(cell(row[column.key]))));
  return `${table.toString().split('\n').map((line) => line.trimEnd()).join('\n')}\n`;
}
