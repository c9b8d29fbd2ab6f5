/** What `strace -f -o FILE` wrote, call by call: the independent source for tools on system calls. */
export interface StraceCall {
  readonly pid: number;
  readonly name: string;
  readonly args: string;
  /** `3`, `-1 ENOENT`, `?`, `0x7f…`: without the error's words. */
  readonly result: string;
}

/** Calls that another process's lines interrupt are put together again; signals and exits are no calls. */
export function straceCalls(text: string): readonly StraceCall[] {
  const unfinished = new Map<string, string>();
  const calls: StraceCall[] = [];
  for (const line of text.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const cut = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    if (cut !== null) {
      unfinished.set(pid, cut[1] ?? '');
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const whole = resumed === null ? rest : `${unfinished.get(pid) ?? ''}${resumed[1] ?? ''}`;
    const [, name, args = '', result = ''] = /^(\w+)\((.*)\) += (\S+(?: E\w+)?)(?: \(.*\))?$/.exec(whole) ?? [];
    if (name !== undefined) calls.push({ pid: Number(pid), name, args, result });
  }
  return calls;
}

/** Addresses, process ids and what strace shows of structures, which differ from run to run, or tool to tool, as one word each. */
export function withoutAddresses(text: string, pids: readonly number[]): string {
  const plain = text
    .replace(/ \/\* \d+ vars \*\//, '')
    .replace(/(?<!\[")\{(?!sa_family)(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}/g, 'POINTER')
    .replace(/\[(?:\d+(?:, \d+)*|POINTER|)\]/g, 'POINTER')
    .replace(/0x[0-9a-f]{6,}/g, 'POINTER');
  return pids.reduce((done, pid, index) => done.replaceAll(new RegExp(`\\b${pid}\\b`, 'g'), `PID${index}`), plain);
}
