/** Why a session should end, from outside: signals, an AbortSignal. A second request asks to leave out the end probes. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopListener {
  /** The first request. */
  stop(): void;
  /** Another one after it. */
  abort(): void;
}

/** Listens until the returned function is called. */
export function listenForStop(options: { readonly signal: AbortSignal | undefined; readonly handleSignals: boolean }, listener: StopListener): () => void {
  let asked = false;
  const ask = (): void => {
    if (asked) listener.abort();
    else listener.stop();
    asked = true;
  };
  const { signal } = options;
  if (options.handleSignals) for (const name of SIGNALS) process.on(name, ask);
  signal?.addEventListener('abort', ask, { once: true });
  if (signal?.aborted === true) ask();
  return () => {
    for (const name of SIGNALS) process.off(name, ask);
    signal?.removeEventListener('abort', ask);
  };
}
