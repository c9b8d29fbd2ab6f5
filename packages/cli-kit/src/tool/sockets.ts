/** Flags of tools that watch TCP sockets, and the globals of stp/tool-sockets.stp that they set; addresses of their rows. */
import { addressGlobals, endpointText, parseEndpoint, type EndpointFilter } from '../addresses.js';
import type { CellValue, Row } from '../rows.js';
import { parseAddress, parsePort } from '../values.js';
import type { ToolOption } from './description.js';
import { FILTER_GROUP } from './filters.js';

const side = (name: string) => ({ address, port }: EndpointFilter): Readonly<Record<string, string | number>> => ({
  ...(address === undefined ? {} : addressGlobals(name, address)),
  ...(port === undefined ? {} : { [`${name}_port`]: port }),
});

/** For scripts whose handlers begin with `if (!wanted_socket(…)) next`. */
export const SOCKET_OPTIONS: readonly ToolOption[] = [
  { flags: '-P, --port <port>', help: 'only this port, on either side', parse: parsePort, global: 'the_port', group: FILTER_GROUP },
  { flags: '-a, --addr <address>', help: 'only this address, on either side', parse: parseAddress, global: (address: string) => addressGlobals('the', address), group: FILTER_GROUP },
  { flags: '--local <endpoint>', help: 'only this local side: ADDR, :PORT, ADDR:PORT, [ADDR]:PORT', parse: parseEndpoint, global: side('local'), group: FILTER_GROUP },
  { flags: '--remote <endpoint>', help: 'only this remote side, likewise', parse: parseEndpoint, global: side('remote'), group: FILTER_GROUP },
];

/** Shows an address with the port that stands in another column: `[::1]:443`. */
export const withPort = (portKey: string) => (address: CellValue, row: Row): CellValue => (typeof address === 'string' ? endpointText(address, Number(row[portKey])) : null);

/** Of include/net/tcp_states.h, by number: 1 ESTABLISHED to 13 BOUND_INACTIVE. */
const TCP_STATES = ['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'CLOSING', 'NEW_SYN_RECV', 'BOUND_INACTIVE'] as const;

/** Name of a TCP state; a number that has none stays one. */
export const tcpStateName = (state: number): string => TCP_STATES[state - 1] ?? String(state);

/** A number of a script's line: null for what stands for "not known". */
export const knownNumber = (text: string | undefined, unknown = '-1'): number | null => (text === undefined || text === unknown ? null : Number(text));
