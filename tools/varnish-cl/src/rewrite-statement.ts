/** The statement of cnt_transmit that writes the Content-Length header: another line in each release, the only call of http_PrintfHeader there. */
import { basename } from 'node:path';
import { linesOfCalls } from '@stapkit/cli-kit';

const FUNCTION = 'cnt_transmit';

/** As .statement(…) takes it; undefined without debug information, or when it records no such call (compiled without optimization). */
export function rewriteStatement(program: string): string | undefined {
  const places = new Set(linesOfCalls(program, FUNCTION, 'http_PrintfHeader').map(({ path, line }) => `${FUNCTION}@${basename(path)}:${line}`));
  return places.size === 1 ? [...places][0] : undefined;
}
