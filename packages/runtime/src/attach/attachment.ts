import type { Kernel } from '../sys/kernel.js';

/** A program's hold on one event. All is held by file descriptors: when the process dies, however it dies, the kernel takes it off. */
export interface Attachment {
  /** Of many functions, those that could not be probed. */
  readonly skipped?: readonly string[];
  /** Idempotent. */
  close(): void;
}

/** What an attacher gets. */
export interface AttachRequest {
  readonly kernel: Kernel;
  readonly programFd: number;
  /** The probe point as the script has it, for messages. */
  readonly point: string;
}

export function holdFds(kernel: Kernel, fds: readonly number[]): Attachment {
  let open = true;
  return {
    close: () => {
      if (!open) return;
      open = false;
      for (const fd of fds) kernel.close(fd);
    },
  };
}
