/** Man page and completions of flamegraph, for --man and --completion, and for the package (scripts/bundle.mjs). */
import type { Command } from 'commander';
import { commandManPage } from '@stapkit/cli-kit';
import { PAGE, flamegraphCommand } from './cli/options.js';

export interface Manual {
  readonly name: string;
  readonly command: Command;
  readonly page: string;
}

export function manuals(version: string): readonly Manual[] {
  const command = flamegraphCommand(version);
  return [{ name: PAGE.name, command, page: commandManPage(PAGE, command, version) }];
}
