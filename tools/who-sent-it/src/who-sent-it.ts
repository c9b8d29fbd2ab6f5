/** The `who-sent-it` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { WHO_SENT_IT } from './tool.js';

void runToolCommand(import.meta.url, WHO_SENT_IT);
