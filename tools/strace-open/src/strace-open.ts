/** The `strace-open` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { STRACE_OPEN } from './tool.js';

void runToolCommand(import.meta.url, STRACE_OPEN);
