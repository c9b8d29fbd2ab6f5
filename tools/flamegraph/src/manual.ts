/** Man page and completions of flamegraph, for --man and --completion, and for the package (scripts/bundle.mjs). */
import type { Command } from 'commander';
import { commandManPage } from '@stapkit/cli-kit';
import { PAGES, flamegraphCommand, type CommandName } from './cli/options.js';

export interface Manual {
  readonly name: string;
  readonly command: Command;
  readonly page: string;
}

/** The package of off-cpu has no page and no completions of its own. */
export function manuals(version: string, name: CommandName = 'flamegraph'): readonly Manual[] {
  const command = flamegraphCommand(version, name);
  return [{ name, command, page: commandManPage(PAGES[name], command, version) }];
}
