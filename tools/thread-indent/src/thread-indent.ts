/** The `thread-indent` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { THREAD_INDENT } from './tool.js';

void runToolCommand(import.meta.url, THREAD_INDENT);
