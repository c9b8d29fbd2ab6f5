/** A program as a netfilter hook, by a link (since Linux 6.4), in the network namespace of this process. Closing the link takes the hook off. */
import { Attributes } from '../sys/attributes.js';
import { EAFNOSUPPORT, EBUSY, EINVAL, EPERM } from '../sys/errno.js';
import { syscallError } from '../sys/syscall-error.js';
import * as uapi from '../sys/uapi.js';
import { AttachError } from './attach-error.js';
import { type AttachRequest, type Attachment, holdFds } from './attachment.js';

export interface NetfilterTarget {
  /** 2: IPv4, 10: IPv6. */
  readonly family: number;
  readonly hook: number;
  readonly priority: number;
}

/** The kernel has one program a priority. Where a script asks for none (0), the first free one behind it does as well. */
const PLACES = 64;

export function attachNetfilter({ kernel, programFd, point }: AttachRequest, { family, hook, priority }: NetfilterTarget): Attachment {
  const link = (at: number): number => kernel.bpf(uapi.BPF_LINK_CREATE, new Attributes(kernel, 64)
    .u32(0, programFd).u32(8, uapi.BPF_NETFILTER) // prog_fd, attach_type
    .u32(16, family).u32(20, hook).u32(24, at >>> 0).bytes); // netfilter.pf, .hooknum, .priority
  let fd = link(priority);
  for (let at = 1; at < PLACES && priority === 0 && fd < 0 && syscallError(kernel, 'bpf(BPF_LINK_CREATE)', fd, '').code === EBUSY; at++) fd = link(at);
  if (fd >= 0) return holdFds(kernel, [fd]);
  const error = syscallError(kernel, 'bpf(BPF_LINK_CREATE)', fd, 'putting the program on a netfilter hook');
  switch (error.code) {
    case EPERM: throw new AttachError(point, 'netfilter: EPERM', 'run as root, or give CAP_NET_ADMIN', error);
    case EINVAL: throw new AttachError(point, `this kernel (${kernel.release}) was built without BPF programs as netfilter hooks`, 'a kernel of Linux 6.4 or later with CONFIG_NETFILTER_BPF_LINK=y has them', error);
    case EBUSY: throw new AttachError(point, `another hook has the priority ${priority} for itself`, 'give another .priority("N")', error);
    case EAFNOSUPPORT: throw new AttachError(point, `netfilter: protocol family ${family} is not there`, 'IPv6 needs a kernel that has it switched on', error);
    default: throw new AttachError(point, `netfilter: ${error.errno}`, error.advice, error);
  }
}
