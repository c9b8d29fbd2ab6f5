/** The `tcp-life` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { TCP_LIFE } from './tool.js';

void runToolCommand(import.meta.url, TCP_LIFE);
