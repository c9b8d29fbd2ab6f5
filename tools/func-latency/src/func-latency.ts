/** The `func-latency` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { FUNC_LATENCY } from './tool.js';

void runToolCommand(import.meta.url, FUNC_LATENCY);
