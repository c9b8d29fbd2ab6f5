/** The running kernel's type information, read when first asked for: vmlinux's, and that of loaded modules. */
import { Btf } from '@stapkit/debuginfo';
import { Attributes } from '../sys/attributes.js';
import type { Kernel } from '../sys/kernel.js';
import { checked } from '../sys/syscall-error.js';
import { BPF_BTF_GET_FD_BY_ID, BPF_BTF_GET_NEXT_ID, BPF_OBJ_GET_INFO_BY_FD } from '../sys/uapi.js';
import { LoadError } from './load-error.js';

const BTF_FOLDER = '/sys/kernel/btf';
const BTF_INFO_BYTES = 40;

/** Where a tracing program goes: a type id, and for a module the descriptor of its BTF. */
export interface AttachType {
  readonly typeId: number;
  /** Absent for vmlinux. */
  readonly btfFd?: number;
}

export class KernelTypes {
  readonly #kernel: Kernel;
  #vmlinux: Btf | undefined;
  readonly #modules = new Map<string, Btf | undefined>();
  /** Descriptors of modules' BTF, by module name. */
  readonly #fds = new Map<string, number>();

  constructor(kernel: Kernel, vmlinux?: Btf) {
    this.#kernel = kernel;
    this.#vmlinux = vmlinux;
  }

  /** Throws LoadError when the kernel has none. */
  get vmlinux(): Btf {
    if (this.#vmlinux === undefined) {
      const path = `${BTF_FOLDER}/vmlinux`;
      const bytes = this.#kernel.readFile(path);
      if (bytes === undefined) throw new LoadError(`this kernel has no type information: ${path} cannot be read`, 'it must be built with CONFIG_DEBUG_INFO_BTF=y (5.4 and later)');
      this.#vmlinux = Btf.parse(bytes);
    }
    return this.#vmlinux;
  }

  /** Names of loaded modules that have BTF. */
  get moduleNames(): readonly string[] {
    return this.#kernel.listDirectory(BTF_FOLDER).filter((name) => name !== 'vmlinux');
  }

  module(name: string): Btf | undefined {
    if (!this.#modules.has(name)) {
      const bytes = this.#kernel.readFile(`${BTF_FOLDER}/${name}`);
      this.#modules.set(name, bytes === undefined ? undefined : Btf.parse(bytes, this.vmlinux));
    }
    return this.#modules.get(name);
  }

  /** Type of a kernel function, for fentry and fexit. */
  function(symbol: string, module: string | undefined): AttachType | undefined {
    if (module === undefined) {
      const typeId = this.vmlinux.function(symbol)?.id;
      return typeId === undefined ? undefined : { typeId };
    }
    const btf = this.module(module);
    const typeId = btf?.function(symbol)?.id;
    if (btf === undefined || typeId === undefined) return undefined;
    return typeId < btf.firstTypeId ? { typeId } : { typeId, btfFd: this.#moduleFd(module) };
  }

  /** Type of a tracepoint, for tp_btf: the kernel's own, else that of a module which has it. */
  tracepoint(name: string): AttachType | undefined {
    const typeId = this.vmlinux.tracepoint(name)?.typedefId;
    if (typeId !== undefined) return { typeId };
    for (const module of this.moduleNames) {
      const inModule = this.module(module)?.tracepoint(name)?.typedefId;
      if (inModule !== undefined) return { typeId: inModule, btfFd: this.#moduleFd(module) };
    }
    return undefined;
  }

  /** Closes the descriptors of modules' BTF: loaded programs keep what they need. */
  close(): void {
    for (const fd of this.#fds.values()) this.#kernel.close(fd);
    this.#fds.clear();
  }

  /** The kernel knows BTF objects by number only; so all are asked for their name. */
  #moduleFd(module: string): number {
    const known = this.#fds.get(module);
    if (known !== undefined) return known;
    const doing = `finding the types of module ${module}`;
    for (let id = 0; ;) {
      const next = new Attributes(this.#kernel, 12).u32(0, id);
      checked(this.#kernel, 'bpf(BPF_BTF_GET_NEXT_ID)', this.#kernel.bpf(BPF_BTF_GET_NEXT_ID, next.bytes), doing);
      id = next.getU32(4);
      const fd = this.#kernel.bpf(BPF_BTF_GET_FD_BY_ID, new Attributes(this.#kernel, 12).u32(0, id).bytes);
      if (fd < 0) continue; // Gone since.
      if (this.#btfName(fd) === module) {
        this.#fds.set(module, fd);
        return fd;
      }
      this.#kernel.close(fd);
    }
  }

  /** The name of a kernel or module BTF; undefined for BTF of programs. */
  #btfName(fd: number): string | undefined {
    const name = new Uint8Array(64);
    const info = new Attributes(this.#kernel, BTF_INFO_BYTES).pointer(16, name).u32(24, name.length); // name, name_len
    const request = new Attributes(this.#kernel, 16).u32(0, fd).u32(4, BTF_INFO_BYTES).pointer(8, info.bytes);
    if (this.#kernel.bpf(BPF_OBJ_GET_INFO_BY_FD, request.bytes) < 0) return undefined;
    const isKernel = info.getU32(28) !== 0; // kernel_btf
    return isKernel ? Buffer.from(name.subarray(0, name.indexOf(0))).toString('latin1') : undefined;
  }
}
