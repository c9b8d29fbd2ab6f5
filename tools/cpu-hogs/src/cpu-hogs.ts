/** The `cpu-hogs` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { CPU_HOGS } from './tool.js';

void runToolCommand(import.meta.url, CPU_HOGS);
