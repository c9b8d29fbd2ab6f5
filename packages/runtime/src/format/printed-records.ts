/** What a script prints, for machines: each print as a JSON object (--json), or lines with their times (--timestamps). */
import type { IrSite } from '@stapkit/object';
import type { Scalar } from './printf.js';

/** Values behind a print's own: {@link IrSite.records}. */
export const RECORD_VALUES = 2;

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8');
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Nanoseconds since the epoch as ISO 8601 of UTC, to the microsecond. */
function isoTime(ns: bigint): string {
  const micros = ns / 1000n;
  const seconds = new Date(Number(micros / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1_000_000n).padStart(6, '0')}Z`;
}

/** Seconds since the epoch with their microseconds, as JSON has numbers. */
function secondsText(ns: bigint): string {
  const micros = ns / 1000n;
  return `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`;
}

const valueText = (value: Scalar): string => (typeof value === 'string' ? JSON.stringify(utf8(value)) : value.toString());

export class PrintedRecords {
  #inLine = false;

  /**
   * The text of a print as it goes out.
   * @param values of the print, then its time (ns since the epoch) and process id
   */
  render(how: NonNullable<IrSite['records']>, probe: string | undefined, text: string, values: readonly Scalar[]): string {
    const [time, pid] = values.slice(-RECORD_VALUES).map((value) => (typeof value === 'bigint' ? value : 0n));
    return how === 'json' ? this.#object(probe, time ?? 0n, pid ?? 0n, text, values.slice(0, -RECORD_VALUES)) : this.#lines(time ?? 0n, text);
  }

  #object(probe: string | undefined, time: bigint, pid: bigint, text: string, values: readonly Scalar[]): string {
    const probeText = probe === undefined ? '' : `"probe":${JSON.stringify(utf8(probe))},`;
    return latin1(`{${probeText}"time":${secondsText(time)},"pid":${pid},"text":${JSON.stringify(utf8(text))},"args":[${values.map(valueText).join(',')}]}\n`);
  }

  /** A line that is printed in pieces has the time of its first. */
  #lines(time: bigint, text: string): string {
    const stamp = `${isoTime(time)} `;
    let out = '';
    for (const line of text.split(/(?<=\n)/)) {
      if (line === '') continue;
      out += this.#inLine ? line : stamp + line;
      this.#inLine = !line.endsWith('\n');
    }
    return out;
  }
}
