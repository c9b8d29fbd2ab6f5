/** A tool in one object: from it come flags, help, man page, completions, the way it runs and what it shows. */
import type { UnwindMode } from '@stapkit/object';
import type { ScriptInput } from '../compile-script.js';
import type { CellValue, Row, TableLook } from '../rows.js';
import type { TerminalStyle } from '../terminal-style.js';
import type { Unit } from '../units.js';
import type { FilterName } from './filters.js';

export interface ToolDescription {
  /** The command: lower case, letters, digits, -. */
  readonly name: string;
  /** One sentence, at most 72 characters: the list of tools, the first line of help and man page. */
  readonly summary: string;
  /** More of it, in paragraphs, for the man page and the help. */
  readonly about?: readonly string[];
  /** How it can look, the best first; a way that this machine cannot have gives place to the next. */
  readonly ways: readonly [ToolWay, ...ToolWay[]];
  /** As -D does: e.g. MAXSTRINGLEN. */
  readonly limits?: ScriptInput['limits'];
  /** Of the common filters those that its script knows ({@link FilterName}). */
  readonly filters: readonly FilterName[];
  /** Flags of its own. */
  readonly options?: readonly ToolOption[];
  /** Words beside the flags, such as probe points; `options` has them by their names. */
  readonly words?: readonly ToolWord[];
  /**
   * What stands for $1, @1 … in the script; it is compiled for them, and for what -c and --pid name, so that points such as
   * process.function("main") can be among them. Mistakes in them are the user's, not the tool's.
   */
  readonly scriptArguments?: (options: ToolOptions) => readonly string[];
  /** How user stacks are found. Default: fp. */
  readonly unwind?: UnwindMode;
  readonly columns: readonly ToolColumn[];
  /** Columns by flags, in place of them: the same keys, which JSON and CSV have in any case, with other titles. */
  readonly columnsFor?: (options: ToolOptions) => readonly ToolColumn[];
  /**
   * `events`: each line of the script is a row and shown at once. `tables`: rows make a table, which an empty line ends; what
   * is printed at intervals is the script's affair (tool.interval of stp/tool-interval.stp).
   */
  readonly shows: 'events' | 'tables';
  readonly tables?: TableShape;
  /** Of a tool that shows events: a flag that shows tables in their place. */
  readonly view?: ToolView;
  /** Rows from lines, where splitting at tabs is not enough, or where it keeps something between rows. */
  readonly reader?: (options: ToolOptions) => ToolReader;
  /** Command lines, each with what it is for. */
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** What it does, said when tracing begins: "watching all processes" is the default. */
  readonly start?: (options: ToolOptions) => string;
  /** Sections of the man page, such as OVERHEAD and CAVEATS. */
  readonly sections?: readonly (readonly [title: string, paragraphs: readonly string[]])[];
  /** Before anything is compiled: options with what they need added, or an exit status when there is nothing to trace. */
  readonly prepare?: (options: ToolOptions) => Promise<ToolOptions | number>;
  /** Nobody needs to be told how to end it. -c, --duration and --count are known. */
  readonly endsByItself?: (options: ToolOptions) => boolean;
  /** Throws UsageError for options that do not go together. */
  readonly check?: (options: ToolOptions) => void;
}

/** One script that does the tool's work. */
export interface ToolWay {
  /** For --way, where there are several. */
  readonly name: string;
  /** The .stp, in the tool's folder. */
  readonly file: string;
  /** In words, for the line that tells which way was taken. */
  readonly label: string;
  /** What this way cannot see, for the same line. */
  readonly note?: string;
}

/** Values of flags by commander's names: `--print-script` is `printScript`. */
export type ToolOptions = Readonly<Record<string, unknown>> & {
  /** Of --pid, which takes several. */
  readonly pids?: readonly number[];
  /** The one of --pid, if it is one: always where the filter is `one-pid`. */
  readonly pid?: number;
  readonly tid?: number;
  readonly comm?: string;
  readonly command?: string;
  readonly duration?: number;
  readonly interval?: number;
  readonly count?: number;
  readonly top?: number;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly header: boolean;
  readonly timestamp?: boolean;
  readonly utc?: boolean;
  readonly raw?: boolean;
  readonly scroll?: boolean;
  readonly output?: string;
  readonly color: 'auto' | 'always' | 'never';
  readonly quiet?: boolean;
  readonly verbose: number;
  readonly printScript?: boolean;
  readonly dryRun?: boolean;
  readonly way?: string;
};

export interface ToolWord {
  /** Lower case letters: `probes` is shown as <probes>. */
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Throws InvalidArgumentError. */
  readonly parse?: (text: string) => unknown;
}

export interface ToolOption {
  /** As commander takes it: `-x, --failed`, `-P, --port <port>`. */
  readonly flags: string;
  readonly help: string;
  /** Throws InvalidArgumentError; parsers of values.ts. */
  readonly parse?: (text: string) => unknown;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** The script's global that takes the value: a number or text as it is, 1 for a flag without value. Or what sets several. */
  readonly global?: string | ((value: never) => Readonly<Record<string, string | number | bigint>>);
  readonly hidden?: boolean;
  /** Help group; default "Options of NAME". */
  readonly group?: string;
}

/** How a field of the script's line is read. `time`: microseconds since the epoch. */
export type FieldType = 'text' | 'number' | 'time';

export interface ToolColumn {
  /** In JSON, CSV and rows; with its unit, such as latency_us. */
  readonly key: string;
  /** Upper case. Absent: only JSON and CSV have it. */
  readonly title?: string;
  /** Characters; the last column needs none. */
  readonly width?: number;
  /** Default: text. */
  readonly type?: FieldType;
  /** People see 1.5ms, programs and --raw the number of these units. */
  readonly unit?: Unit;
  /** Default: numbers to the right, except a first column. */
  readonly align?: 'left' | 'right';
  /** For the man page's FIELDS. */
  readonly help: string;
  /** Shown for people in place of the value. */
  readonly show?: (value: CellValue, row: Row) => CellValue;
  /** People see it with these options only; programs always. */
  readonly when?: (options: ToolOptions) => boolean;
  /** E.g. what failed in red. */
  readonly style?: (row: Row) => TerminalStyle | undefined;
}

export interface TableShape {
  /** On a terminal the table is drawn in place, again and again (--scroll: one below the other). */
  readonly live?: boolean;
  /** Key of the column by which rows are sorted, the largest first. Absent: as the script printed them. */
  readonly sort?: string;
  /** Seconds between tables when --interval is not given. Absent: one table, at the end. */
  readonly interval?: number;
  /** Rows shown to people when --top is not given. */
  readonly top?: number;
}

/** The same script by another view: it prints a table's rows and empty lines when the view's global is 1. */
export interface ToolView {
  /** `--summary`, with or without a short form; takes no value. */
  readonly flags: string;
  readonly help: string;
  readonly global: string;
  readonly columns: readonly ToolColumn[];
  readonly tables: TableShape;
}

/** What a tool makes of its script's lines. */
export interface ToolReader {
  /** A row, or several; undefined for a line that is none. Default: its fields by the columns. */
  readonly row?: (fields: readonly string[], line: string) => Row | readonly Row[] | undefined;
  /** A whole line for people instead of columns, without newline; undefined: columns. */
  readonly line?: (row: Row) => string | undefined;
  /** The probes are armed by this way. Gives what is called when the session has ended. */
  readonly armed?: (session: ToolReaderSession) => (() => void | Promise<void>) | undefined;
  /** Text after all rows, in the format of the rows. */
  readonly summary?: (shape: { readonly format: 'columns' | 'json' | 'csv'; readonly look: TableLook }) => Promise<string> | string;
  /** Another exit status than the session's; called at the end in any case but errors. */
  readonly status?: (ended: number) => Promise<number>;
}

export interface ToolReaderSession {
  readonly way: ToolWay;
  /** Ends the session as Ctrl-C does. */
  readonly stop: () => void;
  /** Shows a row that came by another way than the script. */
  readonly row: (row: Row) => void;
}
