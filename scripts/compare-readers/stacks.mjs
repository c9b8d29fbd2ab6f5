/** Functions, inlined callers and lines at sampled addresses, with `addr2line -i` and `llvm-symbolizer`. */
import { ask, Tally } from './processes.mjs';

/** Starts of lines: the places where something can change, evenly sampled, and one byte further each second time. */
export function sampleAddresses(dwarf, count) {
  const all = new Set();
  for (const table of dwarf.lines.all()) for (const row of table.rows()) if (!row.isEndOfSequence && row.line > 0) all.add(row.address);
  const sorted = BigUint64Array.from(all).sort();
  const step = Math.max(1, sorted.length / count);
  const chosen = [];
  for (let at = 0; at < sorted.length && chosen.length < count; at += step) chosen.push(sorted[Math.floor(at)] + BigInt(chosen.length % 2));
  return chosen.filter((address) => dwarf.functionAt(address) !== undefined);
}

function stackOf(dwarf, pc) {
  const frames = dwarf.inlineStack(pc);
  const unit = dwarf.unitAt(pc);
  const lines = [unit?.lineOffset === undefined ? 0 : (dwarf.lines.at(unit.lineOffset, unit.compilationDirectory).lineAt(pc)?.line ?? 0), ...frames.slice(0, -1).map(({ scope }) => scope.call?.line ?? 0)];
  return frames.map(({ name, scope }, index) => ({ names: [name, index === frames.length - 1 ? dwarf.functionAt(pc).linkageName : scope.linkageName], line: lines[index] }));
}

const CLONE = /(?:\.(?:isra|constprop|part|cold|lto_priv|llvm)(?:\.\d+)?)+$/;
const plain = (name) => name.replace(CLONE, '').split('@')[0];

/** @param takesSymbols addr2line 2.40 may name an inlined function without a mangled name as the symbol around it */
function compare(tally, dwarf, addresses, stacks, takesSymbols) {
  for (const [index, address] of addresses.entries()) {
    const have = stackOf(dwarf, address);
    const want = stacks[index] ?? [];
    // Functions of anonymous namespaces have a mangled name as symbols only: it has the plain one in it, behind its length.
    const matches = (name, names) => name === '??' || names.some((one) => one !== undefined && (plain(one) === plain(name) || (/^_(?:Z|R)/.test(name) && name.includes(`${one.length}${one}`))));
    // Names in either form: addr2line prints mangled ones of C++ where there are some.
    const isAround = (name, depth, names) => takesSymbols && depth === 0 && names[1] === undefined && name === want.at(-1)?.name;
    const words = have.map(({ names, line }, depth) => `${want[depth] !== undefined && (matches(want[depth].name, names) || isAround(want[depth].name, depth, names)) ? want[depth].name : names.join('/')}:${line}`).join(' < ');
    tally.check(`0x${address.toString(16)}`, words, want.map(({ name, line }) => `${name}:${line}`).join(' < '));
  }
  return tally;
}

const frame = (name, place) => ({ name, line: Number(/:(\d+)(?::\d+)?(?: \(discriminator \d+\))?$/.exec(place)?.[1] ?? 0) });
const frames = (lines) => Array.from({ length: Math.floor(lines.length / 2) }, (_, index) => frame(lines[2 * index], lines[2 * index + 1]));
const inputOf = (addresses) => addresses.map((address) => `0x${address.toString(16)}\n`).join('');

export function compareAddr2line(path, { dwarf }, addresses) {
  const blocks = ask('addr2line', ['-a', '-i', '-f', '-e', path], inputOf(addresses)).split(/^0x[0-9a-f]+\n/m).slice(1);
  return compare(new Tally('stacks at addresses, with addr2line -i'), dwarf, addresses, blocks.map((block) => frames(block.trim().split('\n'))), true);
}

export function compareSymbolizer(path, { dwarf }, addresses) {
  const blocks = ask('llvm-symbolizer', [`--obj=${path}`, '--inlines', '--no-demangle', '--functions=short'], inputOf(addresses)).split('\n\n');
  return compare(new Tally('stacks at addresses, with llvm-symbolizer'), dwarf, addresses, blocks.map((block) => frames(block.trim().split('\n'))));
}
