/** The `execsnoop` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { EXECSNOOP } from './tool.js';

void runToolCommand(import.meta.url, EXECSNOOP);
