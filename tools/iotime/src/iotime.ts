/** The `iotime` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { IOTIME } from './tool.js';

void runToolCommand(import.meta.url, IOTIME);
