/** The `tcp-state` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { TCP_STATE } from './tool.js';

void runToolCommand(import.meta.url, TCP_STATE);
