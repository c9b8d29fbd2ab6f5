/** One response: from the script's line to a row. */
import type { Row } from '@stapkit/cli-kit';

/** What http_GetContentLength of varnishd gives for a header that is no number; -1 is for none. */
const INVALID = -2;

/** A line of varnish-cl.stp as a row; undefined when it is none. */
export function rewrittenRow([time = '', pid, status, before, after, vxid, ...url]: readonly string[]): Row | undefined {
  if (url.length === 0 || !/^\d+$/.test(time)) return undefined;
  const length = Number(before);
  const path = url.join('\t');
  return {
    time: Number(time), pid: Number(pid), status: Number(status), before: length >= 0 ? length : length === INVALID ? 'invalid' : null, after: Number(after),
    vxid: Number(vxid), url: path === '' ? null : path,
  };
}
