/** /proc/PID/maps (proc(5)): what code a process has mapped. */
import { lastBefore } from '@stapkit/debuginfo';

export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  /** In the file. */
  readonly offset: bigint;
  /** Device and inode: the same file under whatever name. */
  readonly identity: string;
  /** As the process names it; "" without a file. "[vdso]" and the like. */
  readonly name: string;
  readonly isExecutable: boolean;
}

/** Mappings of a process, those of lower addresses first. */
export function parseMaps(text: string): Mapping[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)\s*(.*)$/.exec(line);
    if (match === null) return [];
    const [, start = '', end = '', permissions = '', offset = '', device = '', inode = '', name = ''] = match;
    return [{
      start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), offset: BigInt(`0x${offset}`), identity: `${device}:${inode}`,
      name: name.replace(/\\012/g, '\n').replace(/ \(deleted\)$/, ''), isExecutable: permissions.includes('x'),
    }];
  });
}

export function mappingAt(mappings: readonly Mapping[], address: bigint): Mapping | undefined {
  const last = lastBefore(mappings.length, (index) => (mappings[index]?.start ?? 0n) <= address);
  const found = mappings[last];
  return found !== undefined && address < found.end ? found : undefined;
}
