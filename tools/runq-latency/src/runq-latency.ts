/** The `runq-latency` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { RUNQ_LATENCY } from './tool.js';

void runToolCommand(import.meta.url, RUNQ_LATENCY);
