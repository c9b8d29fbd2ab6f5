/** The `tcp-connections` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { TCP_CONNECTIONS } from './tool.js';

void runToolCommand(import.meta.url, TCP_CONNECTIONS);
