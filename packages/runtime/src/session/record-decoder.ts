/** From the ring buffer's bytes to output: each entry goes through its print site. */
import type { LeafEncoding, MessageKind, SiteMetadata } from '@stapkit/object';
import { OutputBuffer } from '../format/output-buffer.js';
import type { Scalar } from '../format/printf.js';
import { RecordView, compileLocator } from '../format/record-view.js';
import type { LeafLocator } from '../format/record-view.js';
import { compileRecordWriter, evaluateArgument } from '../format/record-writer.js';
import type { SiteArgument, WriteStep } from '../format/record-writer.js';
import { InternalError, ScriptError } from '../format/script-error.js';
import { compileArgument } from '../host/print-arguments.js';
import type { HostProgram } from '../host/program.js';

/** Where entries go that are not plain output. */
export interface RecordSink {
  warn(text: string): void;
  /** A run-time error raised in a kernel handler. */
  error(error: ScriptError, probe: number | undefined): void;
  /** One raised here, while a kernel handler's output was made. */
  printError(error: ScriptError, probe: number | undefined): void;
  exit(): void;
  /** speculate(), commit(), discard(), system(). */
  message(kind: MessageKind, text: string): void;
}

interface CompiledSite {
  readonly site: SiteMetadata;
  readonly locate: LeafLocator;
  readonly write: WriteStep;
  readonly args: readonly SiteArgument[];
}

const HEADER_BYTES = 8;

export class RecordDecoder {
  private readonly program: HostProgram;
  private readonly out: OutputBuffer;
  private readonly sink: RecordSink;
  private readonly sites: (CompiledSite | undefined)[] = [];
  private readonly view = new RecordView();
  private readonly message = new OutputBuffer(1024);

  /** Script output is appended to `out`. */
  constructor(program: HostProgram, out: OutputBuffer, sink: RecordSink) {
    this.program = program;
    this.out = out;
    this.sink = sink;
  }

  /** A RecordHandler: one record is a run of entries of one handler run. */
  readonly handle = (bytes: Uint8Array, start: number, end: number): void => {
    const { view } = this;
    view.use(bytes);
    let at = start;
    while (at < end) {
      const length = view.high(at) >>> 0;
      const next = at + length;
      if (length < HEADER_BYTES || (length & 7) !== 0 || next > end) throw new InternalError(`an entry of ${length} bytes stands at ${at - start} of a record of ${end - start}`);
      const id = view.low(at);
      const compiled = this.sites[id] ?? this.compile(id);
      compiled.locate(view, at + HEADER_BYTES, next);
      this.print(compiled);
      at = next;
    }
  };

  private print({ site, write, args }: CompiledSite): void {
    const out = site.kind === 'script' ? this.out : this.message;
    const mark = out.length;
    try {
      write(out, this.view);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      out.length = mark; // no half lines
      this.sink.printError(error.location === undefined ? new ScriptError(error.message, site.location) : error, site.probe);
      return;
    }
    if (site.kind === 'script') {
      if (site.records !== undefined) this.rewrite(site, mark, args);
      return;
    }
    const text = this.message.bytes.toString('latin1', 0, this.message.length);
    this.message.length = 0;
    if (site.kind === 'warn') this.sink.warn(text);
    else if (site.kind === 'exit') this.sink.exit();
    else if (site.kind === 'speculate' || site.kind === 'commit' || site.kind === 'discard' || site.kind === 'system' || site.kind === 'switch_file') this.sink.message(site.kind, text);
    else if (site.kind === 'error') this.sink.error(new ScriptError(text, site.location), site.probe);
    else throw new InternalError('a site that only makes text stands in a record');
  }

  /** Puts in the place of what was printed since `mark` what machines are shown of it. */
  private rewrite({ records = 'json', probe }: SiteMetadata, mark: number, args: readonly SiteArgument[]): void {
    const { out, program } = this;
    const text = out.bytes.toString('latin1', mark, out.length);
    out.length = mark;
    const name = probe === undefined ? undefined : program.metadata.probes[probe]?.name;
    out.writeText(program.printed.render(records, name, text, args.map((argument) => evaluateArgument(argument, this.view))));
  }

  private histogram(site: number, global: number, leaf: number, leaves: readonly LeafEncoding[]): SiteArgument {
    const encoding = leaves[leaf];
    if (encoding?.kind !== 'fixed') throw new InternalError(`print site ${site} has no buckets in leaf ${leaf}`);
    const count = encoding.bytes / 8;
    return {
      kind: 'computed',
      evaluate: (view) => {
        const start = view.positions[leaf] ?? 0;
        return this.program.bucketsText(global, Array.from({ length: count }, (_, bucket) => Number(view.long(start + 8 * bucket))));
      },
    };
  }

  /** A text that the handler may have kept packed. */
  private unpacked(leaf: number, encoding: LeafEncoding): (view: RecordView) => Scalar {
    return (view) => {
      const value = view.value(view.positions[leaf] ?? 0, encoding);
      return typeof value === 'string' ? this.program.packed.unpack(value) : value;
    };
  }

  private compile(id: number): CompiledSite {
    const site = this.program.site(id);
    const leaves = site.leaves ?? [];
    const args = (site.args ?? []).map((argument): SiteArgument => {
      if (argument.kind === 'histogram' && argument.leaf !== undefined) return this.histogram(id, argument.global, argument.leaf, leaves);
      if (argument.kind !== 'value') {
        const evaluate = compileArgument(argument, (value) => {
          if (!('register' in value)) {
            const constant = 'long' in value ? value.long : value.text;
            return () => constant;
          }
          const leaf = value.register;
          const encoding = leaves[leaf];
          if (encoding === undefined) throw new InternalError(`print site ${id} has no leaf ${leaf}`);
          return this.program.metadata.packs === true ? this.unpacked(leaf, encoding) : (view: RecordView) => view.value(view.positions[leaf] ?? 0, encoding);
        }, this.program);
        return { kind: 'computed', evaluate };
      }
      const { value } = argument;
      if (!('register' in value)) return { kind: 'constant', value: 'long' in value ? value.long : value.text };
      const encoding = leaves[value.register];
      if (encoding === undefined) throw new InternalError(`print site ${id} has no leaf ${value.register}`);
      if (this.program.metadata.packs === true && encoding.kind !== 'long') return { kind: 'computed', evaluate: this.unpacked(value.register, encoding) };
      return { kind: 'leaf', leaf: value.register, encoding };
    });
    const compiled = { site, locate: compileLocator(leaves), write: compileRecordWriter(site.pieces, args), args };
    this.sites[id] = compiled;
    return compiled;
  }
}
