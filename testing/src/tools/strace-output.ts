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

/** Addresses, process ids and structures that strace alone shows, which differ from run to run, or tool to tool, as one word each. */
export function withoutAddresses(text: string, pids: readonly number[]): string {
  const plain = text
    .replace(/ \/\* \d+ vars \*\//, '')
    .replace(/(?<!\[")\{(?!sa_family|st_mode|tv_sec|sysname|WIF|rlim_cur|events=)(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}/g, 'POINTER')
    .replace(/\[(?:\d+|POINTER|)\]/g, 'POINTER')
    .replace(/0x[0-9a-f]{6,}/g, 'POINTER');
  return pids.reduce((done, pid, index) => done.replaceAll(new RegExp(`\\b${pid}\\b`, 'g'), `PID${index}`), plain);
}

/** The first text in quotes among the arguments, without its escapes. */
export function pathOf(args: string): string {
  const quoted = /"((?:[^"\\]|\\.)*)"/.exec(args)?.[1] ?? '';
  const bytes = quoted.replace(/\\([0-7]{1,3}|.)/g, (_, escape: string) => (/^[0-7]/.test(escape) ? String.fromCharCode(parseInt(escape, 8)) : ({ n: '\n', t: '\t', v: '\v', f: '\f', r: '\r' }[escape] ?? escape)));
  return Buffer.from(bytes, 'latin1').toString();
}

export interface StraceFile {
  readonly file: string;
  /** Of an open that failed. */
  readonly error: string | null;
  reads: number;
  readBytes: number;
  writes: number;
  writtenBytes: number;
}

/** Each open of one process in its order, with what it read and wrote there until it was closed. */
export function straceFiles(calls: readonly StraceCall[]): readonly StraceFile[] {
  const open = new Map<string, StraceFile>();
  const all: StraceFile[] = [];
  for (const { name, args, result } of calls) {
    const fd = /^\d+/.exec(args)?.[0] ?? '';
    const used = open.get(fd);
    if (name === 'openat') {
      const file = { file: pathOf(args), error: result.startsWith('-1') ? result.slice(3) : null, reads: 0, readBytes: 0, writes: 0, writtenBytes: 0 };
      all.push(file);
      if (file.error === null) open.set(result, file);
    } else if (name === 'close') open.delete(fd);
    else if (used !== undefined && /^p?read/.test(name)) {
      used.reads += 1;
      used.readBytes += Number(result);
    } else if (used !== undefined && /^p?write/.test(name)) {
      used.writes += 1;
      used.writtenBytes += Number(result);
    }
  }
  return all;
}
