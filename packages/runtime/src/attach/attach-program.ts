/** Puts a loaded program where its metadata says. */
import type { ProgramMetadata } from '@stapkit/object';
import type { AttachRequest, Attachment } from './attachment.js';
import { AttachError } from './attach-error.js';
import { attachDataBreakpoint } from './data-breakpoint.js';
import { attachKprobe } from './kprobe.js';
import { attachEachKprobe, attachEachUprobe, attachKprobeMulti, attachUprobeMulti } from './many.js';
import { attachNetfilter } from './netfilter.js';
import { attachRawTracepoint } from './raw-tracepoint.js';
import { attachProfile, attachSampling } from './sampling.js';
import { attachTracing } from './tracing.js';
import { attachUprobe } from './uprobe.js';

/** `pid` 0 in a user-function's attach point stands for the target process of `-x` or `-c`. Throws AttachError. */
export function attachProgram(request: AttachRequest, { kind, target }: ProgramMetadata, targetPid: number | undefined): Attachment {
  switch (kind) {
    case 'fentry': case 'fexit': case 'tp_btf':
      return attachTracing(request, kind);
    case 'raw_tp':
      if (target.kind === 'tracepoint') return attachRawTracepoint(request, target.name);
      if (target.kind === 'syscall') return attachRawTracepoint(request, target.return ? 'sys_exit' : 'sys_enter');
      break;
    case 'kprobe_multi': case 'kretprobe_multi':
      if (target.kind === 'function' && target.members !== undefined) return attachKprobeMulti(request, { ...target, members: target.members });
      break;
    case 'uprobe_multi': case 'uretprobe_multi':
      if (target.kind === 'user-function' && target.members !== undefined) return attachUprobeMulti(request, { ...target, members: target.members });
      break;
    case 'kprobe': case 'kretprobe':
      if (target.kind === 'function' && target.members !== undefined) return attachEachKprobe(request, { ...target, members: target.members });
      if (target.kind === 'function') return attachKprobe(request, { ...target, return: kind === 'kretprobe' });
      break;
    case 'uprobe': case 'uretprobe':
      if (target.kind === 'user-function') {
        const { pid: wanted, ...rest } = target;
        const pid = wanted === 0 ? targetPid : wanted;
        if (wanted === 0 && pid === undefined) throw new AttachError(request.point, 'it names no program, and there is no target process', 'give -x PID or -c COMMAND');
        if (rest.members !== undefined) return attachEachUprobe(request, { ...rest, members: rest.members });
        return attachUprobe(request, { ...rest, ...(pid === undefined ? {} : { pid }), return: kind === 'uretprobe' });
      }
      break;
    case 'perf_event':
      if (target.kind === 'profile') return attachProfile(request, target.frequencyHz);
      if (target.kind === 'perf-event') return attachSampling(request, target);
      if (target.kind === 'data') return attachDataBreakpoint(request, target);
      break;
    case 'netfilter':
      if (target.kind === 'netfilter') return attachNetfilter(request, target);
      break;
    default:
      kind satisfies never;
  }
  throw new AttachError(request.point, `a ${kind} program cannot serve "${target.kind}": this is a stapkit bug, please report it`);
}
