/** The `varnish-cl` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { VARNISH_CL } from './tool.js';

void runToolCommand(import.meta.url, VARNISH_CL);
