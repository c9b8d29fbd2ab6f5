/** The `syscall-trace` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { SYSCALL_TRACE } from './tool.js';

void runToolCommand(import.meta.url, SYSCALL_TRACE);
