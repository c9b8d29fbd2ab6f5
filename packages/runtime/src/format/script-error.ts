/** A run-time error of the script: what `error()` raises, and division by zero, empty aggregates, full arrays. */
import type { SourceLocation } from '@stapkit/object';

/**
 * Thrown inside a handler and caught by the script's own `catch` or by whoever runs the handler.
 * `message` is the text that `catch (message)` sees; where it happened is kept apart.
 */
export class ScriptError extends Error {
  readonly location: SourceLocation | undefined;

  constructor(message: string, location?: SourceLocation) {
    super(message);
    this.name = 'ScriptError';
    this.location = location;
  }
}

/** abort(): the handler is left at once, without an error; no catch sees it. */
export class HandlerAbort extends Error {}

/** `kernel read fault at 0x…`, `user string copy fault at 0x…`: what reading a bad address raises. */
export function readFault(space: 'kernel' | 'user', what: 'read' | 'string copy', address: bigint, location?: SourceLocation): ScriptError {
  const hex = BigInt.asUintN(64, address).toString(16).padStart(16, '0');
  return new ScriptError(`${space} ${what} fault at 0x${hex}`, location);
}

/** stapkit's own mistake: an object that its compiler should not have made, or a broken invariant. */
export class InternalError extends Error {
  constructor(message: string) {
    super(`internal error: ${message}; please report it`);
    this.name = 'InternalError';
  }
}

const KEYWORDS = new Set([
  'probe', 'global', 'private', 'function', 'if', 'else', 'for', 'foreach', 'in', 'limit', 'return', 'delete',
  'while', 'break', 'continue', 'next', 'string', 'long', 'try', 'catch',
]);

/** `operator '/'`, `identifier 'x'` …: a token with its class, as stap names it. A token that already has its class is kept. */
function describeToken(token: string): string {
  if (/^[a-z]+ '.*'$/s.test(token)) return token;
  if (KEYWORDS.has(token)) return `keyword '${token}'`;
  if (/^[A-Za-z_$]/.test(token)) return `identifier '${token}'`;
  if (/^[0-9]/.test(token)) return `number '${token}'`;
  if (token.startsWith('"')) return `string '${token.replace(/^"|"$/g, '')}'`;
  return `operator '${token}'`;
}

function describePlace({ file, line, column, token }: SourceLocation): string {
  const place = `${Buffer.from(file, 'utf8').toString('latin1')}:${line}:${column}`; // messages are byte strings
  return token === undefined ? place : `${describeToken(token)} at ${place}`;
}

/**
 * The line stap prints for a run-time error, without its newline:
 * `ERROR: division by 0 near operator '/' at <input>:1:24 in probe begin`.
 */
export function describeScriptError(message: string, location: SourceLocation | undefined, probe: string | undefined): string {
  let text = `ERROR: ${message}`;
  if (location !== undefined) {
    text += ` near ${describePlace(location)}`;
    if (location.calledFrom !== undefined) text += ` (called from ${describePlace(location.calledFrom)})`;
  }
  return probe === undefined ? text : `${text} in probe ${probe}`;
}
