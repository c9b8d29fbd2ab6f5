/** Turns of event loops: from the lines of the script to rows. */
import { printable, type CellValue, type Row, type ToolReader } from '@stapkit/cli-kit';

const FIELDS = 6;

/** Lines of a stack come before the line of its turn. */
export class TurnReader implements ToolReader {
  #frames: string[] = [];

  readonly row = (fields: readonly string[], line: string): Row | undefined => {
    const [time = '', blocked, events, pid, tid, ...command] = fields;
    if (fields.length < FIELDS || !/^\d+$/.test(time)) {
      if (line.trim() !== '') this.#frames.push(functionOf(line.trim()));
      return undefined;
    }
    const frames = this.#frames;
    this.#frames = [];
    return {
      time: Number(time), blocked_us: Number(blocked), events: Number(events), pid: Number(pid), tid: Number(tid), command: command.join('\t'),
      stack: frames.length === 0 ? null : frames.join(';'),
    };
  };
}

/** Of a frame as sprint_ubacktrace gives it: `name+0x12 [program]`, or an address. */
export function functionOf(frame: string): string {
  return printable(frame.replace(/ \[[^\]]*\]$/, '').replace(/\+0x[0-9a-f]+$/, '')).replaceAll(';', ',');
}

/** The command, and the functions behind it: rows are lines. */
export function turnLines(command: CellValue, { stack }: Row): CellValue {
  if (typeof stack !== 'string') return command;
  return `${String(command)}  ${stack.split(';').join(' < ')}`;
}
