/** The programs that `process`, `process("PATH")` and `process(PID)` mean, found and read. */
import { DebugInfoError, ElfFile } from '@stapkit/debuginfo';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import type { Surroundings } from './family.js';
import { noCommand, noSuchProgram, notAProgram } from './problems.js';

export interface Program {
  /** Where the kernel finds the file. */
  readonly path: string;
  /** How the names of its probe points start: `process("/usr/bin/ls")`, `process(77)`. */
  readonly label: string;
  readonly elf: ElfFile;
  /** Probes go into this process alone. */
  readonly pid?: number;
}

/** None: why not is reported to `problems`. */
export function openPrograms(process: ProbePointComponent, point: ProbePoint, around: Surroundings, problems: DiagnosticSink): readonly Program[] {
  const { argument, span } = process;
  const pid = argument?.kind === 'number' ? Number(argument.value) : undefined;
  const wanted = argument?.kind === 'text' ? argument.value : pid === undefined ? commandPath(around.command) : `/proc/${pid}/exe`;
  if (wanted === undefined || wanted === '') {
    problems.report(noCommand(point.span));
    return [];
  }
  const path = around.target.resolvePath(wanted);
  const bytes = path === undefined ? undefined : around.target.readBinary(path, pid);
  if (path === undefined || bytes === undefined) {
    problems.report(noSuchProgram(wanted, span));
    return [];
  }
  const elf = readProgram(path, bytes, around, span, problems);
  return elf === undefined ? [] : [{ path, elf, label: pid === undefined ? `process("${path}")` : `process(${pid})`, ...(pid === undefined ? {} : { pid }) }];
}

/** First word of -c CMD, quotes removed. */
function commandPath(command: string | undefined): string | undefined {
  const match = /^\s*(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(command ?? '');
  return match?.[1] ?? match?.[2] ?? match?.[3];
}

function readProgram(path: string, bytes: Uint8Array, { target }: Surroundings, span: Span, problems: DiagnosticSink): ElfFile | undefined {
  if (bytes[0] === 0x23 && bytes[1] === 0x21) {
    const line = Buffer.from(bytes.subarray(2, 200)).toString('latin1').split('\n')[0]?.trim() ?? '';
    problems.report(notAProgram(path, span, `it is a script; probe its interpreter, ${line}`));
    return undefined;
  }
  try {
    const elf = ElfFile.parse(bytes);
    if (elf.machine === target.arch) return elf;
    problems.report(notAProgram(path, span, `it is for ${elf.machine}, and this is ${target.arch}`));
  } catch (cause) {
    if (!(cause instanceof DebugInfoError)) throw cause;
    problems.report(notAProgram(path, span, cause.message));
  }
  return undefined;
}
