/** Rows of a tool for people and for programs, by its columns. */
import type { CellValue, Column, Row } from '../rows.js';
import { clockTime, isoTime } from '../times.js';
import { humanNumber } from '../units.js';
import type { ToolColumn, ToolOptions } from './description.js';

type Look = ToolOptions;

/** A row of a script's line: its fields in the order of the columns; the last takes what is left. Undefined when they do not fit. */
export function rowOfFields(columns: readonly ToolColumn[], fields: readonly string[]): Row | undefined {
  if (fields.length < columns.length) return undefined;
  const last = columns.length - 1;
  const row: Record<string, CellValue> = {};
  for (const [index, { key, type }] of columns.entries()) {
    const text = index === last ? fields.slice(last).join('\t') : (fields[index] ?? '');
    const value = type === 'number' || type === 'time' ? Number(text) : text;
    if (Number.isNaN(value) || (text === '' && value !== '')) return undefined;
    row[key] = value;
  }
  return row;
}

const isShown = (column: ToolColumn, look: Look): boolean => column.title !== undefined && column.when?.(look) !== false && (column.type !== 'time' || column.width !== undefined || look.timestamp === true);

/** `LATENCY` of numbers that are shown raw is `LATENCY(us)`. */
function titleOf({ title = '', unit }: ToolColumn, { raw }: Look): string {
  return raw === true && unit !== undefined && unit !== 'count' && !title.includes('(') ? `${title}(${unit})` : title;
}

const CLOCK = 8;
const PRECISE_CLOCK = 15;

/** Where the text for people stands in a row, beside the value: styles look at values. */
const shownKey = (key: string): string => `${key} (shown)`;

/** Columns for people. A time without width is there with --timestamp alone. */
export function peopleColumns(columns: readonly ToolColumn[], look: Look): readonly Column[] {
  return columns.filter((column) => isShown(column, look)).map((column, index) => {
    const title = titleOf(column, look);
    const width = column.type === 'time' ? (look.timestamp === true ? PRECISE_CLOCK : CLOCK) + (look.utc === true ? 1 : 0) : (column.width ?? 1);
    const align = column.align ?? (column.type === 'number' && index > 0 ? 'right' : 'left');
    return { key: shownKey(column.key), title, width: Math.max(width, align === 'right' ? title.length : 0), align, ...(column.style === undefined ? {} : { style: column.style }) };
  });
}

function peopleCell(column: ToolColumn, row: Row, look: Look): CellValue {
  const value = row[column.key] ?? null;
  if (column.show !== undefined) return column.show(value, row);
  if (typeof value !== 'number') return value;
  if (column.type === 'time') return clockTime(value, { utc: look.utc === true, precise: look.timestamp === true });
  return column.unit === undefined || look.raw === true ? value : humanNumber(value, column.unit);
}

/** As people see it, for {@link peopleColumns}. */
export function peopleRow(columns: readonly ToolColumn[], row: Row, look: Look): Row {
  return { ...row, ...Object.fromEntries(columns.map((column) => [shownKey(column.key), peopleCell(column, row, look)])) };
}

/** Columns of CSV: those of JSON. */
export const programColumns = (columns: readonly ToolColumn[]): readonly Column[] => columns.map(({ key }) => ({ key, title: key, width: 1 }));

/** As JSON and CSV have it: numbers in their units, times in UTC. */
export function programRow(columns: readonly ToolColumn[], row: Row): Row {
  return Object.fromEntries(columns.map(({ key, type }) => {
    const value = row[key] ?? null;
    return [key, type === 'time' && typeof value === 'number' ? isoTime(value) : value];
  }));
}
