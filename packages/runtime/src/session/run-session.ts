/**
 * Pass 5's life of a script: load and attach while handlers still return at once, `begin` probes, armed, the pump of
 * records and timers, then detach, the last records, `end` (or `error`) probes, and the report.
 */
import { SESSION, SESSION_STATE } from '@stapkit/object';
import type { LoadedObject } from '../load/loaded-object.js';
import { startCommand } from '../sys/command.js';
import type { StartedCommand } from '../sys/command.js';
import { SystemClock } from './clock.js';
import type { SessionClock } from './clock.js';
import { openObject } from './in-memory-object.js';
import { MessageWriter } from './message-writer.js';
import type { SessionOptions, SessionResult } from './options.js';
import { Session } from './session.js';
import { listenForStop } from './stop-request.js';

/**
 * Runs an object to its end. Rejects with what loading and attaching throw (LoadError, VerifierError, AttachError,
 * SyscallError), with CommandError, SessionError, and with OutputError when the output could not be written; nothing
 * stays attached then either.
 */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const clock: SessionClock = options.clock ?? new SystemClock(options.kernel);
  const messages = new MessageWriter({ write: options.stderr, warnings: options.warnings ?? true, repeat: options.verbose ?? false });
  const command = options.command === undefined ? undefined : await (options.startCommand ?? startCommand)(options.command, options.commandOutput, options.commandUser);
  let loaded: LoadedObject | undefined;
  let unlisten: (() => void) | undefined;
  let session: Session | undefined;
  let stuck = false;
  try {
    loaded = typeof options.object === 'function' ? options.object() : openObject(options.kernel, options.object, options.load);
    session = new Session({ ...options, clock, messages, loaded, command, commandText: options.command });
    unlisten = listenForStop({ signal: options.signal, handleSignals: options.handleSignals ?? true }, session);
    const result = await session.run();
    stuck = session.hasUnwrittenOutput;
    return result;
  } finally {
    session?.close();
    if (loaded !== undefined) close(loaded);
    if (command !== undefined) endCommand(command);
    unlisten?.();
    if (stuck && (options.handleSignals ?? true)) (options.dieBySignal ?? dieBySignal)();
  }
}

/**
 * A write(2) that a reader holds up cannot be taken back, and Node waits for it even in process.exit(). After the second
 * Ctrl-C the process therefore ends as one without a handler does: by the signal.
 */
function dieBySignal(): void {
  process.kill(process.pid, 'SIGINT');
}

/** Handlers that are running on other CPUs while programs are detached must find the session over. */
function close(loaded: LoadedObject): void {
  const memory = loaded.maps.get(loaded.metadata.globalsMap)?.memory;
  if (memory !== undefined) Atomics.store(new BigInt64Array(memory, SESSION.state, 1), 0, BigInt(SESSION_STATE.stopping));
  loaded.detach();
  loaded.close();
}

/** A command that outlives its session was started for it: it is asked to end. One that was never let go ends by itself. */
function endCommand(command: StartedCommand): void {
  command.kill('SIGTERM');
}
