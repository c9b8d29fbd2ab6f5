/** A tool from its description to its exit status. */
import { EXIT } from '../exit-codes.js';
import { howToEnd } from '../how-to-end.js';
import { localTarget } from '../local-target.js';
import { runMain } from '../main.js';
import { obtainToolObject, type ToolObject } from '../obtain-object.js';
import { requireCommand, requireProcess, requireRoot } from '../privileges.js';
import { TextOutput } from '../text-output.js';
import { readToolScript, scriptWithArguments, scriptWithGlobals, wholeScript } from '../tool-script.js';
import { runTool, tryTool, type ToolArmed, type ToolRun } from '../tool-session.js';
import { versionOf } from '../version.js';
import { parseToolOptions, shownTool, toolCommand, toolGlobals } from './command.js';
import type { Shell } from './completion.js';
import type { ToolDescription, ToolOptions, ToolReader, ToolWay } from './description.js';
import type { Globals } from './filters.js';
import { ScriptLines } from './script-lines.js';
import { rowOfFields } from './shown-columns.js';
import { EventOutput, TableOutput, type ToolOutput } from './tool-output.js';

/** Is it worth trying the next way after this error? */
export function mayTryNext(error: unknown): error is Error {
  return error instanceof Error && /^(AttachError|ToolScriptError)$/.test(error.name);
}

/** The main reason of an error without the advice that follows it: one line should tell the way. */
export function shortReason(error: Error): string {
  const reason = (error as Error & { readonly reason?: string }).reason ?? error.message;
  return reason.replace(/ \(and before.*$/s, '').replace(/;.*$/s, '');
}

/** Ways that --way leaves, the best first. */
function wantedWays({ ways }: ToolDescription, options: ToolOptions): readonly ToolWay[] {
  return ways.filter(({ name }) => options.way === undefined || options.way === 'auto' || options.way === name);
}

/** Takes the first way that works here. */
async function firstWay<T>(tool: ToolDescription, options: ToolOptions, use: (way: ToolWay, why: string) => T | Promise<T>): Promise<T> {
  const ways = wantedWays(tool, options);
  let why = '';
  for (const way of ways) {
    try {
      return await use(way, why);
    } catch (error) {
      if (way === ways.at(-1) || !mayTryNext(error)) throw error;
      why = shortReason(error);
      if (options.verbose > 0) process.stderr.write(`passed over: ${way.label}: ${error.message}\n`);
    }
  }
  throw new Error(`there is no way '${options.way ?? ''}'`);
}

class ToolRunner {
  readonly #moduleUrl: string;
  readonly #tool: ToolDescription;
  readonly #options: ToolOptions;
  readonly #globals: Globals;

  constructor(moduleUrl: string, tool: ToolDescription, options: ToolOptions) {
    this.#moduleUrl = moduleUrl;
    this.#tool = shownTool(tool, options);
    this.#options = options;
    this.#globals = toolGlobals(tool, options);
  }

  /** A way's script may know fewer globals than another's; that it knows them all is what tests of the tool see to. */
  #globalsFor(text: string): Globals {
    if (this.#tool.ways.length === 1) return this.#globals;
    const whole = wholeScript(text);
    return new Map([...this.#globals].filter(([name]) => new RegExp(`^global ${name} = `, 'm').test(whole)));
  }

  printScript(): number {
    const [way] = wantedWays(this.#tool, this.#options);
    const text = readToolScript(this.#moduleUrl, way?.file ?? '');
    const words = this.#scriptArguments();
    const shown = words === undefined ? text : scriptWithArguments(text, words);
    process.stdout.write(Buffer.from(scriptWithGlobals(wholeScript(shown), this.#globalsFor(text)), 'latin1'));
    return EXIT.ok;
  }

  /** As byte strings; undefined for a script without arguments. */
  #scriptArguments(): readonly string[] | undefined {
    return this.#tool.scriptArguments?.(this.#options).map((text) => Buffer.from(text).toString('latin1'));
  }

  async #compile(way: ToolWay): Promise<Pick<ToolRun, 'target' | 'verbose' | 'globals'> & { readonly object: ToolObject }> {
    const { name, limits, unwind } = this.#tool;
    const { verbose, command, pid } = this.#options;
    const text = readToolScript(this.#moduleUrl, way.file);
    const args = this.#scriptArguments();
    const target = localTarget(args === undefined ? {} : { targetPid: pid });
    const forArguments = args === undefined ? {} : { args, ...(command === undefined ? {} : { command }) };
    const object = await obtainToolObject({ name: name.replaceAll('-', '_'), file: way.file, text, target, verbose, ...forArguments, ...(limits === undefined ? {} : { limits }), ...(unwind === undefined ? {} : { unwind }) });
    return { object, target, verbose, globals: this.#globalsFor(text) };
  }

  #say(text: string): void {
    process.stderr.write(`${this.#tool.name}: ${text}\n`);
  }

  /** By what it looks, if there was a choice, and what it cannot see that way. */
  #tellWay(way: ToolWay, { ways }: ToolArmed, why: string, end: string): void {
    this.#say(`by ${way.label} (${ways.join(', ')})${why === '' ? '' : `, as ${why}`}${way.note === undefined ? '' : `; ${way.note}`}${end}`);
  }

  async dryRun(): Promise<number> {
    await firstWay(this.#tool, this.#options, async (way, why) => {
      const armed = tryTool(await this.#compile(way));
      if (this.#tool.ways.length > 1) this.#tellWay(way, armed, why, '');
      else this.#say(`ready: attaches by ${armed.ways.join(', ')}`);
    });
    return EXIT.ok;
  }

  async trace(): Promise<number> {
    const reader: NonNullable<ToolDescription['reader']> = this.#tool.reader ?? (() => ({}));
    const [tool, options] = [this.#tool, this.#options];
    const output = new TextOutput(options.output);
    const read = reader(options);
    const shown = tool.shows === 'tables' ? new TableOutput(tool, options, output) : new EventOutput(tool, options, output, read);
    const release = (): void => { shown.release(); };
    process.once('exit', release);
    try {
      const { exitStatus, armed } = await firstWay(tool, options, (way, why) => this.#session(way, why, { output, shown, read }));
      await armed?.();
      await shown.end();
      if (read.summary !== undefined) output.write(await read.summary({ format: shown.format, look: shown.look }));
      output.close();
      return read.status === undefined ? exitStatus : await read.status(exitStatus);
    } finally {
      shown.release();
      process.off('exit', release);
    }
  }

  async #session(way: ToolWay, why: string, { output, shown, read }: { readonly output: TextOutput; readonly shown: ToolOutput; readonly read: ToolReader }): Promise<{ readonly exitStatus: number; readonly armed: (() => void | Promise<void>) | undefined }> {
    const { columns, shows, unwind } = this.#tool;
    const { command, duration, pids, tid } = this.#options;
    const endWith = tid === undefined ? pids : [tid];
    const stop = new AbortController();
    output.onEnd(() => { stop.abort(); });
    const stopWhenFull = (): void => { if (shown.full) stop.abort(); };
    const show = (row: Parameters<ToolOutput['row']>[0]): void => {
      shown.row(row);
      stopWhenFull();
    };
    const lines = new ScriptLines({
      row: (fields, line) => {
        const rows = read.row === undefined ? rowOfFields(columns, fields) : read.row(fields, line);
        if (rows === undefined) return;
        for (const row of Array.isArray(rows) ? (rows as readonly Parameters<ToolOutput['row']>[0][]) : [rows as Parameters<ToolOutput['row']>[0]]) show(row);
      },
      table: () => { shown.table(); if (shows === 'tables') stopWhenFull(); },
      histogram: (histogram) => { shown.histogram(histogram); },
    });
    let armed: (() => void | Promise<void>) | undefined;
    const compiled = await this.#compile(way);
    const { exitStatus } = await runTool({
      ...compiled,
      stop,
      // The tables of a process that is known are read before anything is traced.
      ...(unwind === undefined ? {} : { unwind, ...(pids?.[0] === undefined ? {} : { targetPid: pids[0] }) }),
      ...(command === undefined ? {} : { command }),
      ...(endWith === undefined ? {} : { endWithPids: endWith }),
      ...(duration === undefined ? {} : { durationSeconds: duration }),
      onArmed: (how, names) => {
        // Before it can end: who follows its stacks wants their names.
        if (unwind !== undefined) for (const one of pids ?? []) names.sight(one);
        for (const warning of compiled.object.warnings) this.#say(warning);
        this.#tellStart(way, how, why);
        shown.begin();
        armed = read.armed?.({ way, stop: () => { stop.abort(); }, row: show });
      },
      onLine: (line) => { lines.push(line); },
    });
    lines.end();
    return { exitStatus, armed };
  }

  #tellStart(way: ToolWay, how: ToolArmed, why: string): void {
    const [tool, options] = [this.#tool, this.#options];
    if (options.quiet === true) return;
    const end = howToEnd(options.command !== undefined || options.duration !== undefined || options.count !== undefined || tool.endsByItself?.(options) === true);
    if (tool.ways.length > 1) this.#tellWay(way, how, why, end);
    else if (end !== '') this.#say(`${tool.start?.(options) ?? `watching ${watched(options)}`}${end}`);
  }
}

function watched({ pids, tid, comm }: ToolOptions): string {
  if (tid !== undefined) return `thread ${tid}`;
  if (pids !== undefined) return `${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}`;
  return comm === undefined ? 'all processes' : `processes named ${comm}`;
}

async function toolMain(moduleUrl: string, tool: ToolDescription, argv: readonly string[]): Promise<number> {
  const version = versionOf(moduleUrl);
  const given = parseToolOptions(tool, argv, version);
  if (given['man'] === true) {
    process.stdout.write((await import('./man-page.js')).manPage(tool, toolCommand(tool, version), version));
    return EXIT.ok;
  }
  if (given['completion'] !== undefined) {
    process.stdout.write((await import('./completion.js')).completionScript(given['completion'] as Shell, toolCommand(tool, version)));
    return EXIT.ok;
  }
  if (given.printScript === true) return new ToolRunner(moduleUrl, tool, given).printScript();
  const options = tool.prepare === undefined ? given : await tool.prepare(given);
  if (typeof options === 'number') return options;
  requireRoot(tool.name);
  for (const id of [...(options.pids ?? []), options.tid]) if (id !== undefined) requireProcess(id);
  if (options.command !== undefined) requireCommand(options.command);
  const runner = new ToolRunner(moduleUrl, tool, options);
  return options.dryRun === true ? runner.dryRun() : runner.trace();
}

/**
 * Runs a tool, and sets the process's exit code.
 * @param moduleUrl `import.meta.url` of the tool: its .stp and its package lie there
 */
export function runToolCommand(moduleUrl: string, tool: ToolDescription): Promise<void> {
  return runMain(tool.name, (argv) => toolMain(moduleUrl, tool, argv));
}
