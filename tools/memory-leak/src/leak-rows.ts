/** What a process holds, from lines of memory-leak.stp. */
import { humanNumber, type Row } from '@stapkit/cli-kit';

/** @param timeUs when the line came, microseconds since the epoch */
export function leakRow([pid = '', bytes, blocks, newest, oldest, command, ...frames]: readonly string[], timeUs: number): Row | undefined {
  if (command === undefined || !/^\d+$/.test(pid)) return undefined;
  return { time: timeUs, command, pid: Number(pid), bytes: Number(bytes), blocks: Number(blocks), newest_ms: Number(newest), oldest_ms: Number(oldest), stack: frames.filter((frame) => frame !== '').join(';') };
}

/** `4.00K in 3 blocks, held for 1.50s to 2m05s: prog (1511)`, and a line a frame. */
export function blockText({ command, pid, bytes, blocks, newest_ms: newest, oldest_ms: oldest, stack }: Row, raw: boolean, bold: (text: string) => string): string {
  const size = raw ? `${bytes ?? 0} bytes` : humanNumber(Number(bytes), 'bytes');
  const [least, most] = [newest, oldest].map((ms) => (raw ? `${ms ?? 0}ms` : humanNumber(Number(ms), 'ms')));
  const held = least === most ? least : `${least ?? ''} to ${most ?? ''}`;
  const frames = stack === '' ? ['[no stack]'] : String(stack).split(';');
  return [bold(`${size} in ${blocks ?? 0} ${blocks === 1 ? 'block' : 'blocks'}, held for ${held ?? ''}: ${command ?? ''} (${pid ?? ''})`), ...frames.map((frame) => `    ${frame}`)].join('\n');
}
