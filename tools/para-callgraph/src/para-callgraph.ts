/** The `para-callgraph` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { PARA_CALLGRAPH } from './tool.js';

void runToolCommand(import.meta.url, PARA_CALLGRAPH);
