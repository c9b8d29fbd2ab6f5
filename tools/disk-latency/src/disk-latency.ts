/** The `disk-latency` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { DISK_LATENCY } from './tool.js';

void runToolCommand(import.meta.url, DISK_LATENCY);
