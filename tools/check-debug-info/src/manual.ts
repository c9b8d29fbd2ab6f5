/** Man page and completions, for --man and --completion, and for the package (scripts/bundle.mjs). */
import type { Command } from 'commander';
import { commandManPage } from '@stapkit/cli-kit';
import { PAGE, checkCommand } from './options.js';

export function manuals(version: string): readonly { readonly name: string; readonly command: Command; readonly page: string }[] {
  const command = checkCommand(version);
  return [{ name: PAGE.name, command, page: commandManPage(PAGE, command, version) }];
}
