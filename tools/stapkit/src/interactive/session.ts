/** What the commands of the prompt work on: the script, the options, what is typed. */
import { UsageError, loadCompiler, type LocalTarget } from '@stapkit/cli-kit';
import type { Diagnostic } from '@stapkit/core-compiler';
import type { StapOptions } from '../options.js';
import { inputOf, report, runScript, targetOf } from '../run-script.js';
import type { History } from './history.js';
import type { Lines } from './lines.js';
import { ScriptText } from './script-text.js';
import type { InteractiveOptions } from './settings.js';

/** How messages name the script: its lines are those of `list`. */
const SCRIPT = '<input>';
const PROMPT_MORE = '    > ';

export class InteractiveSession {
  readonly script = new ScriptText();
  readonly lines: Lines;
  readonly history: History;
  options: InteractiveOptions;
  /** Where load or save had it. */
  file: string | undefined;
  /** Lines of a declaration that is not whole yet: for completion. */
  pending = '';
  #target: LocalTarget | undefined;

  constructor(options: StapOptions, lines: Lines, history: History) {
    this.options = { ...options, autoAnalyze: true };
    this.lines = lines;
    this.history = history;
  }

  get target(): LocalTarget {
    return (this.#target ??= targetOf({ ...this.options, lastPass: 2 }));
  }

  /** Adds a declaration, with as many lines more as it takes. Wrong ones are told of and left out. */
  async add(first: string): Promise<number> {
    this.pending = first === '' ? '' : `${first}\n`;
    try {
      for (;;) {
        const { wrong, isOpen } = await this.#examine(this.pending);
        if (!isOpen && wrong.length === 0) break;
        const more = isOpen ? await this.lines.next(PROMPT_MORE) : undefined;
        if (more?.line === undefined) {
          if (more?.why === 'taken back') return 1;
          const { renderDiagnostics } = await loadCompiler();
          process.stderr.write(renderDiagnostics(wrong, this.options.color));
          return 1;
        }
        this.pending += `${more.line}\n`;
      }
      this.script.add(this.pending);
      return 0;
    } finally {
      this.pending = '';
    }
  }

  /** Passes 1 and 2, for their messages. */
  async analyze(): Promise<number> {
    if (!this.options.autoAnalyze || this.script.isEmpty) return 0;
    const { compileScript } = await loadCompiler();
    const options = this.#asScript(this.script.text);
    const result = compileScript({ ...inputOf(options, this.target), target: this.target, until: 'elaborate' });
    return (await report(result, { ...options, passVerbosity: [0, 0, 0, 0, 0] })) ? 0 : 1;
  }

  /** @throws what a run of stapkit throws */
  run(): Promise<number> {
    if (this.script.isEmpty && this.options.additional.length === 0) throw new UsageError('there is no script to run', 'add a probe, or load a file', 1);
    this.lines.leave();
    return runScript(this.#asScript(this.script.text));
  }

  #asScript(text: string): StapOptions {
    return { ...this.options, file: undefined, inline: text };
  }

  /** What pass 1 says about new text behind the script; is it only that more has to come? */
  async #examine(added: string): Promise<{ readonly wrong: readonly Diagnostic[]; readonly isOpen: boolean }> {
    if (added.trim() === '') return { wrong: [], isOpen: true };
    const { compileScript } = await loadCompiler();
    const before = Buffer.from(this.script.text, 'utf8').length;
    const text = `${this.script.text}${added}`;
    const end = Buffer.from(text.trimEnd(), 'utf8').length;
    const { diagnostics } = compileScript({ ...inputOf(this.#asScript(text), this.target), target: this.target, until: 'parse' });
    const wrong = diagnostics.filter(({ severity, span }) => severity === 'error' && span?.source.file === SCRIPT && span.start >= before);
    return { wrong, isOpen: wrong[0]?.span !== undefined && wrong[0].span.start >= end };
  }
}
