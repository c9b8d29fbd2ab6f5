/** The `epoll-blocking` command. */
import { runToolCommand } from '@stapkit/cli-kit';
import { EPOLL_BLOCKING } from './tool.js';

void runToolCommand(import.meta.url, EPOLL_BLOCKING);
