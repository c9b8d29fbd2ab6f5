/** The `syscount` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { SYSCOUNT } from './tool.js';

void runToolCommand(import.meta.url, SYSCOUNT);
