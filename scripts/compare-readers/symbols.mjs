/** What a program has without debug information: function symbols and the extents of its call frames, with readelf. */
import { linesOf, Tally } from './processes.mjs';

export async function compareSymbols(path, { elf }) {
  const tally = new Tally('function symbols, with readelf -s');
  const have = new Set();
  for (const table of [elf.symtab, elf.dynsym]) for (const { name, address, size } of table?.functions() ?? []) have.add(`${address.toString(16)} ${size} ${name}`);
  const seen = new Set();
  for await (const line of linesOf('readelf', ['--wide', '--symbols', path])) {
    const symbol = /^ +\d+: ([0-9a-f]{16}) +(0x[0-9a-f]+|\d+) (?:FUNC|IFUNC) +\w+ +\w+ +(\d+) (\S+)/.exec(line);
    if (symbol === null) continue;
    const key = `${BigInt(`0x${symbol[1]}`).toString(16)} ${Number(symbol[2])} ${symbol[4].split('@')[0]}`;
    tally.check(line.trim(), have.has(key) ? key : undefined, key);
    seen.add(key);
  }
  for (const key of have) if (!seen.has(key)) tally.check(key, 'a symbol', 'none');
  return tally;
}

export async function compareFrames(path, { frames }) {
  const tally = new Tally('functions of .eh_frame, with readelf');
  const have = frames === undefined ? [] : [...frames.entries()].filter((entry) => entry.low !== undefined);
  const wanted = [];
  let isWanted = false;
  for await (const line of linesOf('readelf', ['--wide', '--debug-dump=frames', path])) {
    const section = /^Contents of the (\S+) section/.exec(line);
    if (section !== null) isWanted = section[1] === '.eh_frame';
    const extent = isWanted ? /^[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ FDE .* pc=([0-9a-f]+)\.\.([0-9a-f]+)/.exec(line) : null;
    if (extent !== null) wanted.push(`${BigInt(`0x${extent[1]}`).toString(16)}-${BigInt(`0x${extent[2]}`).toString(16)}`);
  }
  for (let index = 0; index < Math.max(have.length, wanted.length); index++) tally.check(`entry ${index}`, have[index] === undefined ? undefined : `${have[index].low.toString(16)}-${have[index].high.toString(16)}`, wanted[index]);
  return tally;
}
