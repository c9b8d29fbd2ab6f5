/** What llvm-dwarfdump and llvm-symbolizer say about a file, as values. */
import { execFileSync } from 'node:child_process';
import { run } from './host-tools.test-support.js';

export interface DumpedEntry {
  readonly offset: number;
  /** "DW_TAG_subprogram". */
  readonly tag: string;
  /** 0 for the entries of units. */
  readonly depth: number;
  /** By "DW_AT_name": the text in the parentheses, lines joined by "\n". */
  readonly attributes: ReadonlyMap<string, string>;
}

/** Entries of .debug_info, or of another section: "--debug-types". */
export function dumpEntries(path: string, section = '--debug-info'): DumpedEntry[] {
  const entries: (DumpedEntry & { readonly attributes: Map<string, string> })[] = [];
  let open: string | undefined;
  for (const line of run('llvm-dwarfdump', section, path).split('\n')) {
    const entry = /^0x([0-9a-f]+): ( *)(DW_TAG_\w+)/.exec(line);
    if (entry !== null) {
      entries.push({ offset: Number.parseInt(entry[1]!, 16), depth: entry[2]!.length / 2, tag: entry[3]!, attributes: new Map() });
      open = undefined;
      continue;
    }
    const attribute = /^ +(DW_AT_\w+)\t\((.*)$/s.exec(line);
    const into = entries.at(-1)?.attributes;
    if (into === undefined) continue;
    if (attribute !== null) {
      open = attribute[1]!;
      into.set(open, attribute[2]!);
    } else if (open !== undefined && /^ /.test(line)) {
      into.set(open, `${into.get(open) ?? ''}\n${line.trim()}`);
    }
  }
  return entries.map((one) => ({ ...one, attributes: new Map([...one.attributes].map(([name, value]) => [name, value.replace(/\)$/, '')])) }));
}

export interface SymbolizedFrame { readonly name: string; readonly line: number }

/** Frames of each address, the innermost first; names are those of DWARF, "??" where it has a mangled name alone. */
export function symbolize(path: string, addresses: readonly bigint[]): SymbolizedFrame[][] {
  const input = addresses.map((address) => `0x${address.toString(16)}\n`).join('');
  const output = execFileSync('llvm-symbolizer', [`--obj=${path}`, '--inlines', '--no-demangle', '--functions=short'], { input, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'] });
  return output.split('\n\n').slice(0, addresses.length).map((block) => {
    const lines = block.trim().split('\n');
    return Array.from({ length: Math.floor(lines.length / 2) }, (_, index) => ({ name: lines[index * 2]!, line: Number(/:(\d+):\d+$/.exec(lines[index * 2 + 1]!)?.[1] ?? 0) }));
  });
}
