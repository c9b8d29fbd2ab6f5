import type { Kernel } from '../sys/kernel.js';

/** A program's hold on one event. File descriptors hold it: when the process dies, however it dies, the kernel takes it off. */
export interface Attachment {
  /** Of many functions, those that could not be probed. */
  readonly skipped?: readonly string[];
  /** Of return probes, calls whose returns the kernel did not follow, since the probe is there; absent where it does not tell. */
  missedReturns?(): number;
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
