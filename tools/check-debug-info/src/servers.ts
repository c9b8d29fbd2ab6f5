/** Do debuginfod servers have the debug information of a build? The answer's head tells; nothing is fetched (debuginfod(8)). */
import { artifactUrl } from '@stapkit/cli-kit';

/** Of one server about one build. */
export type Answer =
  | { readonly kind: 'has'; readonly server: string; readonly url: string; readonly bytes: number | undefined }
  | { readonly kind: 'has not'; readonly server: string }
  | { readonly kind: 'failed'; readonly server: string; readonly problem: string };

/** Where a server has a build's debug information, or would. */
export const debugInfoUrl = (server: string, buildId: string): string => artifactUrl(server, buildId, 'debuginfo');

async function ask(server: string, buildId: string, seconds: number): Promise<Answer> {
  const url = debugInfoUrl(server, buildId);
  const abort = new AbortController();
  const timer = setTimeout(() => { abort.abort(); }, seconds * 1000);
  try {
    const response = await fetch(url, { signal: abort.signal, headers: { 'user-agent': 'stapkit' } });
    const length = response.headers.get('x-debuginfod-size') ?? response.headers.get('content-length');
    await response.body?.cancel();
    if (response.status === 404) return { kind: 'has not', server };
    return response.ok ? { kind: 'has', server, url, bytes: length === null ? undefined : Number(length) } : { kind: 'failed', server, problem: `status ${response.status}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? (error.cause as NodeJS.ErrnoException) : undefined;
    return { kind: 'failed', server, problem: abort.signal.aborted ? `no answer in ${seconds} s` : cause?.code ?? cause?.message ?? String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** The first that has it; else what the last of them said, a failure before "has not". */
export async function askServers(servers: readonly string[], buildId: string, seconds: number): Promise<Answer | undefined> {
  const answers: Answer[] = [];
  for (const server of servers) {
    const answer = await ask(server, buildId, seconds);
    if (answer.kind === 'has') return answer;
    answers.push(answer);
  }
  return answers.find(({ kind }) => kind === 'failed') ?? answers.at(-1);
}
