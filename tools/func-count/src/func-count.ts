/** The `func-count` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { FUNC_COUNT } from './tool.js';

void runToolCommand(import.meta.url, FUNC_COUNT);
