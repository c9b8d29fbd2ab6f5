/** `stapkit language-server`: the Language Server Protocol on standard input and output, for editors. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { localTarget, quietCommand } from '@stapkit/cli-kit';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  CompletionItemKind, DiagnosticSeverity, MarkupKind, StreamMessageReader, StreamMessageWriter, TextDocumentSyncKind, TextDocuments, createConnection,
  type CompletionItem, type Definition, type Hover, type InitializeResult, type TextDocumentPositionParams,
} from 'vscode-languageserver/node';
import { readLibraries } from '../libraries.js';
import { ScriptLanguage, type Completion } from './language.js';

interface ServerOptions {
  readonly I?: readonly string[];
}

/** Of initialize: `args` stand for the script's arguments $1, @1 …. */
interface InitializationOptions {
  readonly args?: readonly string[];
}

const KINDS: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  function: CompletionItemKind.Function, alias: CompletionItemKind.Event, point: CompletionItemKind.Keyword, global: CompletionItemKind.Variable, macro: CompletionItemKind.Constant, variable: CompletionItemKind.Field,
};

const CAPABILITIES: InitializeResult = {
  capabilities: { textDocumentSync: TextDocumentSyncKind.Incremental, completionProvider: { triggerCharacters: ['.', '$', '@'] }, hoverProvider: true, definitionProvider: true },
  serverInfo: { name: 'stapkit' },
};

export function languageServerCommand(): Command {
  return quietCommand('stapkit language-server', 'Serves editors by the Language Server Protocol, on standard input and output.')
    .usage('[options]')
    .option('-I <dir>', 'a folder with library scripts (.stp, .stpm) of your own', (value: string, before: readonly string[] | undefined) => [...(before ?? []), value])
    .option('--stdio', 'as it does in any case: some editors give it')
    .allowExcessArguments(false);
}

const pathOf = (uri: string): string => (uri.startsWith('file:') ? fileURLToPath(uri) : uri);

function itemOf(document: TextDocument, { position }: TextDocumentPositionParams, { label, kind, detail, documentation, text, replaced }: Completion): CompletionItem {
  const start = document.positionAt(document.offsetAt(position) - replaced);
  return { label, kind: KINDS[kind], detail, filterText: text, textEdit: { range: { start, end: position }, newText: text }, ...(documentation === undefined || documentation === '' ? {} : { documentation }) };
}

/** Serves until the client says exit or goes away. @param argv as of the process: node, script, `language-server`, options */
export async function languageServer(argv: readonly string[]): Promise<number> {
  const { I = [] } = languageServerCommand().parse([...argv.slice(0, 2), ...argv.slice(3)]).opts<ServerOptions>();
  const target = localTarget();
  const language = await ScriptLanguage.create(target, readLibraries(I, target));
  const connection = createConnection(new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout));
  const documents = new TextDocuments(TextDocument);
  let args: readonly string[] = [];
  const at = <T>(params: TextDocumentPositionParams, answer: (document: TextDocument, file: string, text: string, offset: number) => T): T | null => {
    const document = documents.get(params.textDocument.uri);
    return document === undefined ? null : answer(document, pathOf(document.uri), document.getText(), document.offsetAt(params.position));
  };
  connection.onInitialize(({ initializationOptions }) => {
    args = (initializationOptions as InitializationOptions | undefined)?.args ?? [];
    return CAPABILITIES;
  });
  documents.onDidChangeContent(({ document }) => {
    const found = language.diagnose(pathOf(document.uri), document.getText(), args);
    void connection.sendDiagnostics({
      uri: document.uri, version: document.version,
      diagnostics: found.map(({ code, severity, message, start, end }) => ({ code, message, source: 'stapkit', severity: severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning, range: { start: document.positionAt(start), end: document.positionAt(end) } })),
    });
  });
  documents.onDidClose(({ document }) => { void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] }); });
  connection.onCompletion((params) => at(params, (document, file, text, offset) => language.complete(file, text, offset).map((one) => itemOf(document, params, one))));
  connection.onHover((params) => at(params, (document, file, text, offset): Hover | null => {
    const found = language.hover(file, text, offset);
    return found === undefined ? null : { contents: { kind: MarkupKind.Markdown, value: found.markdown }, range: { start: document.positionAt(found.start), end: document.positionAt(found.start + found.length) } };
  }));
  connection.onDefinition((params) => at(params, (document, file, text, offset): Definition | null => {
    const found = language.define(file, text, offset);
    if (found === undefined) return null;
    const start = { line: found.line, character: found.column };
    return { uri: found.file === file ? document.uri : pathToFileURL(found.file).href, range: { start, end: { line: found.line, character: found.column + found.name.length } } };
  }));
  documents.listen(connection);
  const ended = new Promise<number>((resolve) => { connection.onExit(() => { resolve(0); }); process.stdin.once('end', () => { resolve(0); }); });
  connection.listen();
  return ended;
}
