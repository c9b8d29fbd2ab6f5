/** A scripted client: what an editor says, and what the server answers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';

jest.setTimeout(60_000);

const COMMAND = fileURLToPath(new URL('../../bin/stapkit.js', import.meta.url));
const SCRIPT = `/** Counts é. */
function counted:long(n:long) { return n + 1 }
global opens
probe syscall.openat { opens[filename] = counted(pid()); printf("%d\\n", $flags) }
probe end { println(opend) }
probe process("/bin/true").begin { exit() }
`;
const URI = 'file:///editor/script.stp';

interface Message { readonly id?: number; readonly method?: string; readonly params?: unknown; readonly result?: unknown }

/** Frames of the base protocol: a header with the length, and JSON. */
class Client {
  readonly #child: ChildProcess = spawn(process.execPath, [COMMAND, 'language-server', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  readonly #waiting: { readonly wanted: (message: Message) => boolean; readonly resolve: (message: Message) => void }[] = [];
  readonly #unclaimed: Message[] = [];
  readonly exited = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
  #received = Buffer.alloc(0);
  #id = 0;

  constructor() {
    this.#child.stdout?.on('data', (chunk: Buffer) => { this.#take(chunk); });
  }

  notify(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  async ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#id;
    this.#send({ id, method, params });
    return (await this.#next((message) => message.id === id)).result;
  }

  async notified(method: string): Promise<unknown> {
    return (await this.#next((message) => message.method === method)).params;
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.#child.stdin?.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  #next(wanted: (message: Message) => boolean): Promise<Message> {
    const at = this.#unclaimed.findIndex(wanted);
    const [there] = at < 0 ? [] : this.#unclaimed.splice(at, 1);
    return there === undefined ? new Promise((resolve) => { this.#waiting.push({ wanted, resolve }); }) : Promise.resolve(there);
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const [head, length] = /^Content-Length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n/.exec(this.#received.toString('latin1')) ?? [];
      if (head === undefined || this.#received.length < head.length + Number(length)) return;
      const message = JSON.parse(this.#received.toString('utf8', head.length, head.length + Number(length))) as Message;
      this.#received = this.#received.subarray(head.length + Number(length));
      const at = this.#waiting.findIndex(({ wanted }) => wanted(message));
      if (at < 0) this.#unclaimed.push(message);
      else this.#waiting.splice(at, 1)[0]?.resolve(message);
    }
  }
}

let client: Client;
/** Behind the `nth` (from 0) occurrence of a text. */
function behind(text: string, script = SCRIPT): { readonly textDocument: { readonly uri: string }; readonly position: { readonly line: number; readonly character: number } } {
  const before = script.slice(0, script.indexOf(text) + text.length).split('\n');
  return { textDocument: { uri: URI }, position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}
interface Item { readonly label: string; readonly detail?: string; readonly textEdit: { readonly newText: string } }
const labels = (result: unknown): readonly string[] => (result as readonly Item[]).map(({ label }) => label);

beforeAll(async () => {
  client = new Client();
  const { capabilities } = (await client.ask('initialize', { processId: process.pid, rootUri: null, capabilities: {} })) as { readonly capabilities: Readonly<Record<string, unknown>> };
  expect(capabilities).toMatchObject({ hoverProvider: true, definitionProvider: true, completionProvider: { triggerCharacters: ['.', '$', '@'] } });
  client.notify('initialized', {});
  client.notify('textDocument/didOpen', { textDocument: { uri: URI, languageId: 'systemtap', version: 1, text: SCRIPT } });
});
afterAll(async () => {
  await client.ask('shutdown', undefined);
  client.notify('exit', undefined);
  expect(await client.exited).toBe(0);
});

test('diagnostics: the compiler\'s, at their place, and none when it is mended', async () => {
  const { diagnostics } = (await client.notified('textDocument/publishDiagnostics')) as { readonly diagnostics: readonly { readonly code: string; readonly message: string; readonly severity: number; readonly range: unknown }[] };
  const line = SCRIPT.split('\n')[4] ?? '';
  const wrong = diagnostics.find(({ severity }) => severity === 1);
  expect(wrong?.message).toMatch(/opend/);
  expect(wrong).toMatchObject({ code: expect.stringMatching(/^E0/), source: 'stapkit', range: { start: { line: 4, character: line.indexOf('opend') }, end: { line: 4, character: line.indexOf('opend') + 5 } } });
  const { position } = behind('opend');
  client.notify('textDocument/didChange', { textDocument: { uri: URI, version: 2 }, contentChanges: [{ range: { start: { ...position, character: position.character - 5 }, end: position }, text: '"done"' }] });
  const mended = (await client.notified('textDocument/publishDiagnostics')) as { readonly version: number; readonly diagnostics: readonly { readonly severity: number }[] };
  expect([mended.version, mended.diagnostics.filter(({ severity }) => severity === 1)]).toEqual([2, []]);
});

test('completion: probe points, functions of the library and of the script, variables', async () => {
  const points = (await client.ask('textDocument/completion', behind('probe syscall.opena'))) as readonly Item[];
  expect(labels(points)).toEqual(expect.arrayContaining(['syscall.openat', 'syscall.openat.return']));
  expect(labels(await client.ask('textDocument/completion', behind('probe en')))).toEqual(expect.arrayContaining(['end', 'end(number)']));
  const words = labels(await client.ask('textDocument/completion', behind('= cou')));
  expect(words).toContain('counted');
  expect(words.filter((word) => !word.startsWith('cou'))).toEqual([]);
  expect(labels(await client.ask('textDocument/completion', behind('counted(pi')))).toContain('pid');
  expect(labels(await client.ask('textDocument/completion', behind('begin { exi')))).toEqual(['exit']);
  expect(await client.ask('textDocument/completion', behind(', $fl'))).toMatchObject([{ label: '$flags', detail: 'int', textEdit: { newText: '$flags' } }]);
  expect(labels(await client.ask('textDocument/completion', behind('opens[fil')))).toContain('filename');
  expect(await client.ask('textDocument/completion', behind('/** Counts'))).toEqual([]);
});

test('hover: what it is, with the comment above its declaration', async () => {
  const hover = async (text: string): Promise<string> => ((await client.ask('textDocument/hover', behind(text))) as { readonly contents: { readonly value: string } } | null)?.contents.value ?? '';
  expect(await hover('= count')).toBe('```systemtap\nfunction counted:long(n:long)\n```\n\nCounts é.');
  expect(await hover('counted(pi')).toContain('function pid:long()');
  expect(await hover(', $fla')).toBe('```systemtap\n$flags: int\n```');
  expect(await hover('probe syscall.open')).toContain('probe syscall.openat');
  expect(await hover('probe en')).toContain('end(number)');
});

test('go to definition: in the script, and in the library', async () => {
  expect(await client.ask('textDocument/definition', behind('= count'))).toEqual({ uri: URI, range: { start: { line: 1, character: 9 }, end: { line: 1, character: 16 } } });
  expect(await client.ask('textDocument/definition', behind('{ open'))).toMatchObject({ uri: URI, range: { start: { line: 2, character: 7 } } });
  expect(await client.ask('textDocument/definition', behind('counted(pi'))).toMatchObject({ uri: expect.stringMatching(/^file:.*\/stp\/context\.stp$/) });
});
