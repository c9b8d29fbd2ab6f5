/** Many small cases in one script: each is a handler that runs once, in this process or in the kernel. Each has a line, so that errors tell whose they are. */
import { stapkit } from './checkout.js';

export interface HandlerCase {
  readonly statements: string;
  /** Globals, functions, other probes. Their names, and a global `zero`, are each case's own. */
  readonly declarations?: string;
}

export interface HandlerOutcome {
  readonly stdout: string;
  /** Without ERROR: and with PLACE for each place. */
  readonly errors: readonly string[];
}

export interface SessionOutcome {
  /** In the order of the cases. */
  readonly handlers: readonly HandlerOutcome[];
  readonly status: number | null;
}

/** Names that a case declares, with the case's number behind them; not in texts. */
function ownNames(text: string, declarations: string, index: number): string {
  const names = new Set(['zero', ...[...declarations.matchAll(/\b(?:global|function)\s+(\w+)/g)].map(([, name = '']) => name)]);
  return text.replace(/"(?:[^"\\]|\\.)*"|(?<![.\w])[A-Za-z_]\w*\b/g, (word) => (names.has(word) ? `${word}_${index}` : word));
}

/** Errors are tolerated: each handler comes to its own end. */
export async function runHandlers(where: 'host' | 'kernel', cases: readonly HandlerCase[], options: readonly string[] = []): Promise<SessionOutcome> {
  const lines = cases.map(({ statements, declarations = '' }, index) => {
    // The thread of the command is one, so that once is once.
    const point = where === 'host' ? `begin(${index + 1}) {` : `kernel.trace("sys_enter") { if (pid() != target() || once_${index}++) next;`;
    return `global zero_${index}${where === 'host' ? '' : `, once_${index}`} ${ownNames(`${declarations} probe begin(-1) { zero = 0 }`, declarations, index)} probe ${point} println("case ${index}"); ${ownNames(statements, declarations, index)} }`;
  });
  const { stdout, stderr, status } = await stapkit('stapkit', ['-w', '--no-global-var-display', '-DMAXERRORS=1000', ...options, '-e', `${lines.join('\n')}\nprobe end { println("case end") } probe error { println("case error") }`, '-c', '/bin/true'], { timeoutMs: 60_000 });
  if (/bug in stapkit|Pass [1-4]: /.test(stderr)) throw new Error(stderr);
  const parts = new Map(stdout.split(/^case /m).slice(1).map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)] as const));
  if (parts.get('end') !== '') throw new Error(`the session did not come to its end: ${stdout}${stderr}`);
  const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR: '));
  return {
    status,
    handlers: cases.map((_, index) => ({
      stdout: parts.get(String(index)) ?? 'it did not run',
      errors: errors.filter((line) => Number(/<input>:(\d+):/.exec(line)?.[1]) === index + 1).map((line) => line.replace(/^ERROR: /, '').replaceAll(/<input>:\d+:\d+/g, 'PLACE').replace(/ in probe .*$/, '').replaceAll(/_\d+'/g, "'")),
    })),
  };
}
