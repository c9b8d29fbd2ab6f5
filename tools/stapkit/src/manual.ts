/** Man pages and completions of stapkit and stapkit-run, for --man and --completion, and for the package (scripts/bundle.mjs). */
import type { Command } from 'commander';
import { commandManPage, completionScript, type CommandPage, type Shell } from '@stapkit/cli-kit';
import { STAPKIT_PAGE, createStapCommand } from './options.js';
import { STAPKIT_RUN_PAGE, createRunCommand } from './run-options.js';

export interface Manual {
  readonly name: string;
  readonly section: number;
  readonly command: Command;
  readonly page: string;
}

/** What --man or --completion prints. */
export function manualText(page: CommandPage, command: Command, what: 'page' | Shell | undefined, version: string): string {
  return what === undefined || what === 'page' ? commandManPage(page, command, version) : completionScript(what, command);
}

export function manuals(version: string): readonly Manual[] {
  return ([[STAPKIT_PAGE, createStapCommand(version)], [STAPKIT_RUN_PAGE, createRunCommand(version)]] as const)
    .map(([page, command]) => ({ name: page.name, section: page.section ?? 8, command, page: commandManPage(page, command, version) }));
}
