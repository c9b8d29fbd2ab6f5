/** Names of the running system's addresses: the kernel's, and those of its processes. */
import type { Kernel } from '../sys/kernel.js';
import type { AddressNames, NamedAddress, SourceLine } from './address-names.js';
import { KernelNames } from './kernel-names.js';

export class SystemNames implements AddressNames {
  readonly #kernelNames: KernelNames;

  constructor(kernel: Kernel) {
    this.#kernelNames = new KernelNames(() => kernel.readFile('/proc/kallsyms'));
  }

  kernel(address: bigint): NamedAddress {
    return this.#kernelNames.at(address);
  }

  user(_pid: number, _address: bigint): NamedAddress {
    return {};
  }

  line(_pid: number, _address: bigint): SourceLine | undefined {
    return undefined;
  }

  sight(_pid: number): void {
    // Nothing is kept of processes yet.
  }
}
