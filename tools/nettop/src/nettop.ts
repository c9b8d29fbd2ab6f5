/** The `nettop` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { NETTOP } from './tool.js';

void runToolCommand(import.meta.url, NETTOP);
