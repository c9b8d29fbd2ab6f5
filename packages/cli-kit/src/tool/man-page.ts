/**
 * A tool's man page in the macros of man(7), from its description. No package writes these macros from data: those on npm turn
 * Markdown into them.
 */
import { Option, type Command } from 'commander';
import { EXIT_STATUS_HELP } from '../flags.js';
import { wordsUsage } from './command.js';
import type { ToolColumn, ToolDescription } from './description.js';

/** Text for troff: backslashes, dashes of flags, and lines that begin like a request (groff_char(7), man-pages(7)). */
export function troff(text: string): string {
  // In the C locale man leaves out what is not ASCII.
  return text.replaceAll('…', '...').replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('^', '\\(ha').replaceAll('~', '\\(ti').replaceAll('`', '\\(ga').replace(/^\./gm, '\\&.');
}

const section = (title: string, body: string): string => `.SH ${troff(title)}\n${body.trimEnd()}\n`;
const paragraphs = (texts: readonly string[]): string => texts.map((text) => `.PP\n${troff(text)}\n`).join('');
const tagged = (tag: string, text: string): string => `.TP\n${tag}\n${troff(text)}\n`;

/** `-p, --pid <pid>` with flags bold and values italic. */
function flagTag(flags: string): string {
  return flags.split(/(\s*<[^>]+>|, )/).filter((part) => part !== '').map((part) => {
    const value = /^\s*<([^>]+)>$/.exec(part)?.[1];
    if (value !== undefined) return ` \\fI${troff(value.toUpperCase())}\\fR`;
    return part === ', ' ? ', ' : `\\fB${troff(part)}\\fR`;
  }).join('');
}

function optionsSection(command: Command): string {
  const help = command.createHelp();
  const groups = new Map<string, string>();
  for (const option of help.visibleOptions(command)) {
    const group = option.helpGroupHeading ?? 'Options:';
    groups.set(group, `${groups.get(group) ?? ''}${tagged(flagTag(option.flags), `${help.optionDescription(option)}.`)}`);
  }
  return [...groups].map(([title, options]) => `.SS ${troff(title.replace(/:$/, ''))}\n${options}`).join('');
}

function fieldsSection(columns: readonly ToolColumn[]): string {
  return columns.map(({ key, title, help, unit }) => tagged(`\\fB${troff(title ?? key)}\\fR${title === undefined ? ' (JSON, CSV)' : ` (\\fI${troff(key)}\\fR)`}`, unit === undefined || /^(?:count|\/s)$/.test(unit) ? `${help}.` : `${help}; ${unit} in JSON, CSV and with --raw.`)).join('');
}

/** A command that has no {@link ToolDescription}, as far as its man page tells more than its flags do. */
export interface CommandPage {
  readonly name: string;
  /** Of the manual: 8, commands for the administrator, when it says none. */
  readonly section?: 1 | 8;
  /** One sentence. */
  readonly summary: string;
  /** Paragraphs after it. */
  readonly about: readonly string[];
  /** After the name and its options. */
  readonly usage: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Other sections with their paragraphs. */
  readonly sections?: readonly (readonly [title: string, paragraphs: readonly string[]])[];
  /** As the help tells it. */
  readonly exitStatus?: string;
  /** Pages to look at, such as `stap (1)`; stapkit (1) and stap (1) when it says none. */
  readonly seeAlso?: readonly string[];
}

interface Sections {
  readonly beforeOptions: string;
  readonly afterExamples: string;
}

function wholePage({ name, summary, about, usage, examples, sections = [], exitStatus = EXIT_STATUS_HELP, section: manual = 8, seeAlso = ['stapkit (1)', 'stap (1)'] }: CommandPage, command: Command, version: string, more: Sections): string {
  return [
    `.TH ${troff(name.toUpperCase())} ${manual} "" "stapkit ${troff(version)}" "${manual === 8 ? 'stapkit tools' : 'stapkit'}"\n`,
    section('NAME', `${troff(name)} \\- ${troff(summary.replace(/\.$/, ''))}`),
    section('SYNOPSIS', `.B ${troff(name)}\n[\\fIOPTIONS\\fR]${usage}`),
    section('DESCRIPTION', paragraphs([summary, ...about])),
    more.beforeOptions,
    section('OPTIONS', optionsSection(command)),
    section('EXAMPLES', examples.map(([line, what]) => `.PP\n${troff(`${what[0]?.toUpperCase() ?? ''}${what.slice(1)}:`)}\n.PP\n.RS 4\n.B ${troff(line)}\n.RE\n`).join('')),
    more.afterExamples,
    ...sections.map(([title, texts]) => section(title, paragraphs(texts))),
    section('EXIT STATUS', `.PP\n${troff(exitStatus.replace(/\s+/g, ' ').replace(/^ Exit status: /, ''))}\n`),
    section('SEE ALSO', seeAlso.map((page) => `.BR ${troff(page)}`).join(',\n')),
  ].join('');
}

/** @param command with all its flags */
export function commandManPage(page: CommandPage, command: Command, version: string): string {
  return wholePage(page, command, version, { beforeOptions: '', afterExamples: '' });
}

/** The same of a tool. @param command the tool's, with all its flags */
export function manPage(tool: ToolDescription, command: Command, version: string): string {
  const { name, summary, about = [], columns, examples, sections = [], view, ways, words = [] } = tool;
  const scripts = ways.length === 1 ? `It runs ${ways[0].file}.` : `It takes the first of these ways that this machine has: ${ways.map((way) => `${way.label} (${way.file})${way.note === undefined ? '' : `, where ${way.note}`}`).join('; ')}.`;
  const usage = wordsUsage(tool).replace(/\w+/g, (word) => `\\fI${word.toUpperCase()}\\fR`).replace(/[<>]/g, '');
  return wholePage({ name, summary, usage, examples, sections, about: [...about, `${scripts} ${name} --print-script shows the SystemTap script with the values of the flags.`] }, command, version, {
    beforeOptions: words.length === 0 ? '' : section('ARGUMENTS', words.map((word) => tagged(`\\fI${word.name.toUpperCase()}\\fR`, `${word.help}.`)).join('')),
    afterExamples: section('FIELDS', fieldsSection(columns)) + (view === undefined ? '' : section(`FIELDS WITH --${new Option(view.flags).name()}`, fieldsSection(view.columns))),
  });
}
