/** The `memory-leak` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { MEMORY_LEAK } from './tool.js';

void runToolCommand(import.meta.url, MEMORY_LEAK);
