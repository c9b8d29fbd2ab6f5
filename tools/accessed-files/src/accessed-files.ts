/** The `accessed-files` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { ACCESSED_FILES } from './tool.js';

void runToolCommand(import.meta.url, ACCESSED_FILES);
