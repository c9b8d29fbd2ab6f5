/** How attempts can be seen, best first. */
export interface Way {
  readonly name: 'function' | 'tracepoint';
  readonly file: string;
  readonly label: string;
  /** What this way cannot see; the kernel's counters stand in for it. */
  readonly blindTo?: string;
}

export const WAYS: readonly Way[] = [
  { name: 'function', file: 'tfo-watch.stp', label: 'kernel function tcp_try_fastopen' },
  { name: 'tracepoint', file: 'tfo-watch-tracepoint.stp', label: 'tracepoint sock:inet_sock_set_state', blindTo: 'failed attempts are only counted by the kernel, without addresses' },
];

/** The main reason of an error without the advice that follows it: one line should tell the way. */
export function shortReason(error: Error): string {
  const reason = (error as Error & { readonly reason?: string }).reason ?? error.message;
  return reason.replace(/ \(and before.*$/s, '').replace(/;.*$/s, '');
}

/** Is it worth trying the next way after this error? */
export function mayTryNext(error: unknown): error is Error {
  return error instanceof Error && /^(AttachError|ToolScriptError)$/.test(error.name);
}
