/**
 * How a command shows its findings: columns that stream, one JSON object a line, or CSV. A summary at the end is a
 * table (cli-table3 on a terminal, plain columns when piped).
 */
import { styled, type TerminalStyle } from './terminal-style.js';

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
  /** Where there is colour. */
  readonly style?: (row: Row) => TerminalStyle | undefined;
}

export interface RowWriterOptions {
  readonly columns: readonly Column[];
  readonly format: 'columns' | 'json' | 'csv';
  readonly header: boolean;
  readonly color?: boolean;
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
    else this.#columns((column) => column.title, () => 'bold');
  }

  row(row: Row): void {
    this.head();
    this.#count += 1;
    const { format, columns } = this.#options;
    if (format === 'json') this.#line(JSON.stringify(row));
    else if (format === 'csv') this.#line(columns.map((column) => csvCell(row[column.key])).join(','));
    else this.#columns((column) => printable(cell(row[column.key])), (column) => column.style?.(row));
  }

  /** A line that is no row of columns, e.g. of a tool that has its own form of them. */
  line(text: string): void {
    this.#count += 1;
    this.#line(text);
  }

  #columns(text: (column: Column) => string, style: (column: Column) => TerminalStyle | undefined): void {
    const { columns, color = false } = this.#options;
    this.#line(columnLine(columns, text, color ? style : () => undefined));
  }

  #line(text: string): void {
    this.#options.write(`${text}\n`);
  }
}

/** Cells side by side. Columns that are too long push the rest of the line, nothing is cut. */
function columnLine(columns: readonly Column[], text: (column: Column) => string, style: (column: Column) => TerminalStyle | undefined): string {
  const last = columns.length - 1;
  const cells = columns.map((column, index) => {
    const value = text(column);
    const padded = column.align === 'right' ? value.padStart(column.width) : index === last ? value : value.padEnd(column.width);
    const name = style(column);
    return name === undefined ? padded : padded.replace(value, () => styled(name, value));
  });
  return cells.join(' ').trimEnd();
}

export interface TableLook {
  /** Lines around it (cli-table3), for a person at a terminal; else plain columns, for files and programs. */
  readonly boxed: boolean;
  /** Columns of the terminal: a boxed table fits them, its long texts take more than one line. */
  readonly width?: number;
  readonly color?: boolean;
  /** Default: true. */
  readonly header?: boolean;
}

/** The least that a column of a table that does not fit is shrunk to. */
const NARROWEST = 8;

/** Widths with which a boxed table fits: the widest columns of texts give way. Those of numbers stay whole. */
export function fittingWidths(columns: readonly Column[], contents: readonly number[], width: number): readonly number[] {
  const widths = [...contents];
  const boxed = (): number => widths.reduce((sum, one) => sum + one + 3, 1);
  while (boxed() > width) {
    const candidates = widths.flatMap((one, index) => (columns[index]?.align === 'right' || one <= NARROWEST ? [] : [index]));
    const [widest] = candidates.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) return widths;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** A text in pieces of so many characters; at least one. */
const chunks = (text: string, width: number): readonly string[] => (text.length <= width ? [text] : Array.from({ length: Math.ceil(text.length / width) }, (_, index) => text.slice(index * width, (index + 1) * width)));

/** A finished table, its columns as wide as what is in them. */
export async function renderTable(columns: readonly Column[], rows: readonly Row[], look: TableLook): Promise<string> {
  const { boxed, width = 80, color = false, header = true } = look;
  const texts = rows.map((row) => columns.map((column) => printable(cell(row[column.key]))));
  const contents = columns.map(({ title }, index) => Math.max(header ? title.length : 0, ...texts.map((row) => row[index]?.length ?? 0)));
  if (!boxed) return plainTable(columns.map((column, index) => ({ ...column, width: contents[index] ?? 0 })), rows, { color, header });
  // Loaded when the first table is made: most runs make none.
  const { default: Table } = await import('cli-table3');
  const widths = fittingWidths(columns, contents, width);
  // The package counts a style's bytes when it wraps lines, so that they come to it wrapped, each with its style.
  const wrapped = (text: string, index: number, style: TerminalStyle | undefined): string => chunks(text, widths[index] ?? text.length).map((one) => styled(color ? style : undefined, one)).join('\n');
  const table = new Table({
    ...(header ? { head: columns.map(({ title }, index) => wrapped(title, index, 'bold')) } : {}),
    colAligns: columns.map((column) => column.align ?? 'left'),
    colWidths: widths.map((one) => one + 2),
    // A line between any two rows would leave half as many on the screen.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  rows.forEach((row, index) => table.push((texts[index] ?? []).map((text, at) => wrapped(text, at, columns[at]?.style?.(row)))));
  return `${table.toString()}\n`;
}

function plainTable(columns: readonly Column[], rows: readonly Row[], { color, header }: { readonly color: boolean; readonly header: boolean }): string {
  let text = '';
  const writer = new RowWriter({ columns, format: 'columns', header, color, write: (more) => { text += more; } });
  writer.head();
  for (const row of rows) writer.row(row);
  return text;
}
