/** The `tcp-trace` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { TCP_TRACE } from './tool.js';

void runToolCommand(import.meta.url, TCP_TRACE);
