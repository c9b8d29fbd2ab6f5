/** One program at many functions: by one link (kprobe_multi since 5.18, uprobe_multi since 6.6), else by a link for each (5.15). */
import type { AttachMember } from '@stapkit/object';
import { Attributes } from '../sys/attributes.js';
import { EINVAL, ENOENT, EOPNOTSUPP, ESRCH } from '../sys/errno.js';
import type { Kernel } from '../sys/kernel.js';
import { syscallError } from '../sys/syscall-error.js';
import { TRACEFS_MOUNTS } from '../sys/tracefs.js';
import * as uapi from '../sys/uapi.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';
import { holdEvents, type KprobeEvent, type KprobeTarget, openKprobe } from './kprobe.js';
import { checkBuildId, openUprobe, type UprobeTarget } from './uprobe.js';

type Many<T> = Omit<T, 'symbol' | 'fileOffset'> & { readonly members: readonly AttachMember[] };

/** Functions that ftrace cannot trace are left out, and named in `skipped`: with one of them the kernel refuses all. */
export function attachKprobeMulti(request: AttachRequest, { members, module, return: isReturn }: Many<KprobeTarget>): Attachment {
  const { kernel, point } = request;
  const traceable = traceableFunctions(kernel, module);
  const isUsable = ({ symbol }: AttachMember): boolean => traceable?.has(symbol) ?? true;
  const usable = members.filter(isUsable);
  if (usable.length === 0) throw new AttachError(point, 'the kernel forbids probes on all of its functions', 'they are marked notrace or not compiled for tracing');
  const symbols = new Attributes(kernel, usable.length * 8);
  usable.forEach(({ symbol }, index) => symbols.textPointer(index * 8, symbol));
  const attributes = link(request, uapi.BPF_TRACE_KPROBE_MULTI)
    .u32(16, isReturn ? uapi.BPF_F_PROBE_MULTI_RETURN : 0).u32(20, usable.length).pointer(24, symbols.bytes).pointer(40, cookies(usable));
  const fd = create(request, attributes, `kprobe_multi on ${usable.length} functions`, isReturn ? 'kretprobe_multi' : 'kprobe_multi');
  const skipped = members.filter((one) => !isUsable(one)).map(({ symbol }) => symbol);
  const held = { ...holdFds(kernel, [fd]), skipped };
  return isReturn ? { ...held, missedReturns: () => missedByLink(kernel, fd) } : held;
}

export function attachUprobeMulti(request: AttachRequest, { members, path, buildId, return: isReturn }: Many<UprobeTarget>): Attachment {
  const { kernel } = request;
  checkBuildId(request, { path, ...(buildId === undefined ? {} : { buildId }) });
  const offsets = new BigUint64Array(members.map(({ fileOffset }) => BigInt(fileOffset ?? 0)));
  const semaphores = members.some(({ semaphore }) => semaphore !== undefined) ? new BigUint64Array(members.map(({ semaphore }) => BigInt(semaphore ?? 0))) : undefined;
  const attributes = link(request, uapi.BPF_TRACE_UPROBE_MULTI)
    .textPointer(16, path).pointer(24, new Uint8Array(offsets.buffer)).pointer(40, cookies(members)).u32(48, members.length).u32(52, isReturn ? uapi.BPF_F_PROBE_MULTI_RETURN : 0);
  if (semaphores !== undefined) attributes.pointer(32, new Uint8Array(semaphores.buffer)); // ref_ctr_offsets
  return holdFds(kernel, [create(request, attributes, `uprobe_multi on ${members.length} functions of ${path}`, isReturn ? 'uretprobe_multi' : 'uprobe_multi')]);
}

/** Those that cannot be probed are named in `skipped`, unless none can. */
export function attachEachKprobe(request: AttachRequest, target: Many<KprobeTarget>): Attachment {
  return attachEach(request, target.members, ({ symbol, offset }) => openKprobe(request, { ...target, symbol, ...(offset === undefined ? {} : { offset }) }, target.members.length));
}

export function attachEachUprobe(request: AttachRequest, target: Many<UprobeTarget>): Attachment {
  checkBuildId(request, target);
  return attachEach(request, target.members, ({ symbol, fileOffset, semaphore }) => ({ fd: openUprobe(request, { ...target, symbol, fileOffset: fileOffset ?? 0, ...(semaphore === undefined ? {} : { semaphore }) }) }));
}

function attachEach(request: AttachRequest, members: readonly AttachMember[], open: (member: AttachMember) => KprobeEvent): Attachment {
  const { kernel } = request;
  const fds: number[] = [];
  const events: KprobeEvent[] = [];
  const skipped: string[] = [];
  let first: AttachError | undefined;
  try {
    for (const member of members) {
      try {
        const event = open(member);
        events.push(event);
        fds.push(...armEvent(request, event.fd, member));
      } catch (error) {
        if (!(error instanceof AttachError)) throw error;
        // Not permitted, or not there at all: then the others are not either.
        if (fds.length === 0 && skipped.length > 20) throw error;
        first ??= error;
        skipped.push(member.symbol);
      }
    }
    if (fds.length === 0 && first !== undefined) throw first;
  } catch (error) {
    holdEvents(kernel, fds, events).close();
    throw error;
  }
  return { ...holdEvents(kernel, fds, events), skipped };
}

/** Links the program to the event and enables it. @returns both descriptors; closes what is open when it throws */
function armEvent(request: AttachRequest, event: number, { symbol, cookie }: AttachMember): readonly number[] {
  const { kernel, point } = request;
  const fds = [event];
  try {
    fds.push(linkTo(request, event, cookie));
    const result = kernel.ioctl(event, uapi.PERF_EVENT_IOC_ENABLE, 0);
    if (result < 0) throw new AttachError(point, `${symbol}: ${syscallError(kernel, 'ioctl(PERF_EVENT_IOC_ENABLE)', result, 'arming a probe').errno}`);
    return fds;
  } catch (error) {
    for (const fd of fds) kernel.close(fd);
    throw error;
  }
}

/** struct bpf_link_info of a kprobe_multi link, up to `missed` (Linux 6.7), which older kernels leave 0. */
function missedByLink(kernel: Kernel, link: number): number {
  const info = new Attributes(kernel, 40);
  const request = new Attributes(kernel, 16).u32(0, link).u32(4, 40).pointer(8, info.bytes);
  return kernel.bpf(uapi.BPF_OBJ_GET_INFO_BY_FD, request.bytes) < 0 ? 0 : Number(info.getU64(32));
}

function linkTo(request: AttachRequest, event: number, cookie: number): number {
  const { kernel, point } = request;
  const fd = kernel.bpf(uapi.BPF_LINK_CREATE, link(request, uapi.BPF_PERF_EVENT).u32(4, event).u64(16, cookie).bytes);
  if (fd >= 0) return fd;
  const error = syscallError(kernel, 'bpf(BPF_LINK_CREATE)', fd, 'putting the program on its event');
  throw new AttachError(point, fd === -EINVAL ? `this kernel (${kernel.release}) has no links with cookies` : error.errno, error.advice, error);
}

function link({ kernel, programFd }: AttachRequest, attachType: number): Attributes {
  return new Attributes(kernel, 64).u32(0, programFd).u32(8, attachType); // prog_fd, attach_type
}

function create({ kernel, point }: AttachRequest, attributes: Attributes, doing: string, kind: string): number {
  const fd = kernel.bpf(uapi.BPF_LINK_CREATE, attributes.bytes);
  if (fd >= 0) return fd;
  const error = syscallError(kernel, 'bpf(BPF_LINK_CREATE)', fd, doing);
  switch (error.code) {
    case EOPNOTSUPP: throw new AttachError(point, `${kind}: this kernel was built without it`, undefined, error);
    case ESRCH: case ENOENT: throw new AttachError(point, `${kind}: one of the functions is not there, or may not be probed`, undefined, error);
    default: throw new AttachError(point, `${kind}: ${error.errno}`, error.advice, error);
  }
}

function cookies(members: readonly AttachMember[]): Uint8Array {
  return new Uint8Array(new BigUint64Array(members.map(({ cookie }) => BigInt(cookie))).buffer);
}

/** What ftrace can trace: "vfs_read", "ext4_readdir [ext4]". undefined when the kernel does not say. */
function traceableFunctions(kernel: Kernel, module: string | undefined): ReadonlySet<string> | undefined {
  for (const mount of TRACEFS_MOUNTS) {
    const text = kernel.readFile(`${mount}/available_filter_functions`);
    if (text === undefined || text.length === 0) continue;
    const names = new Set<string>();
    for (const line of Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1').split('\n')) {
      const space = line.search(/\s/);
      const owner = space < 0 ? undefined : /\[(.*)\]/.exec(line)?.[1];
      if (owner === module) names.add(space < 0 ? line : line.slice(0, space));
    }
    return names;
  }
  return undefined;
}
