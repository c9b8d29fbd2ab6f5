/** The session's time: what it is, and how to wait for it. Tests bring their own. */
import type { Kernel } from '../sys/kernel.js';

export interface SessionClock {
  /** CLOCK_MONOTONIC in ns, as bpf_ktime_get_ns() gives it to kernel handlers. */
  monotonicNs(): bigint;
  /** CLOCK_REALTIME in ns since the epoch. */
  realtimeNs(): bigint;
  /** Waits, but not beyond a `wake()`. Signals and other events are served meanwhile. 0 only serves what is waiting. */
  wait(milliseconds: number): Promise<void>;
  wake(): void;
}

export class SystemClock implements SessionClock {
  private readonly kernel: Pick<Kernel, 'realtimeNs'>;
  private release: (() => void) | undefined;
  private woken = false;

  constructor(kernel: Pick<Kernel, 'realtimeNs'>) {
    this.kernel = kernel;
  }

  monotonicNs(): bigint {
    return process.hrtime.bigint(); // CLOCK_MONOTONIC too (libuv's uv_hrtime), without a foreign call
  }

  realtimeNs(): bigint {
    return this.kernel.realtimeNs();
  }

  wait(milliseconds: number): Promise<void> {
    if (this.woken || milliseconds <= 0) {
      this.woken = false;
      return new Promise((resolve) => { setImmediate(resolve); });
    }
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.release = undefined;
        this.woken = false;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.release = done;
    });
  }

  wake(): void {
    this.woken = true;
    this.release?.();
  }
}
