/** The `tcp-retrans` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { TCP_RETRANS } from './tool.js';

void runToolCommand(import.meta.url, TCP_RETRANS);
