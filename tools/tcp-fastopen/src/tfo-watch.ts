/** The `tfo-watch` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { TFO_WATCH } from './tool.js';

void runToolCommand(import.meta.url, TFO_WATCH);
