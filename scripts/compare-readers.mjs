#!/usr/bin/env node
/**
 * Compares what the readers say of programs with binutils and LLVM: line tables, functions, inlined instances, types, stacks at
 * sampled addresses, symbols and call frames. `npm run build` first.
 *
 *   node scripts/compare-readers.mjs [--sample 5000] [FILE…]
 *
 * Without files: node itself, gdb, and Debian's python3.11 with the debug information of python3.11-dbg, which is fetched into the cache.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareEntries } from './compare-readers/entries.mjs';
import { compareDecoded, compareRows } from './compare-readers/lines.mjs';
import { compareAddr2line, compareSymbolizer, sampleAddresses } from './compare-readers/stacks.mjs';
import { compareFrames, compareSymbols } from './compare-readers/symbols.mjs';
import { run, unpackPackages } from './guest/debian-archive.mjs';
import { CallFrames, Dwarf, ElfFile } from '../packages/debuginfo/dist/index.js';

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { sample: { type: 'string', default: '5000' } } });

/** python3.11 and its debug information, and gdb, as the archive has them together; not installed. */
function debianFiles() {
  const target = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stapkit', 'compare-readers');
  unpackPackages(target, { suite: 'bookworm', arch: 'amd64' }, (apt, downloads) => {
    run('apt-get', [...apt, '-q', 'download', 'python3.11-minimal', 'python3.11-dbg', 'gdb'], { cwd: downloads });
  });
  const python = join(target, 'usr/bin/python3.11');
  const { buildId } = ElfFile.parse(readFileSync(python));
  const debug = join(target, 'usr/lib/debug/.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`);
  if (!existsSync(debug)) throw new Error(`python3.11-dbg has no ${debug}; it has ${readdirSync(join(target, 'usr/lib/debug/.build-id')).length} folders`);
  return [python, debug, join(target, 'usr/bin/gdb')];
}

async function compareFile(path) {
  const elf = ElfFile.parse(readFileSync(path));
  const dwarf = Dwarf.open(elf);
  const about = { elf, dwarf, frames: elf.section('.eh_frame')?.type === 'nobits' ? undefined : CallFrames.ofElf(elf, '.eh_frame') };
  console.log(`${path}${dwarf === undefined ? ' (no debug information)' : ''}`);
  let different = (await compareSymbols(path, about)).print();
  if (about.frames !== undefined) different += (await compareFrames(path, about)).print();
  if (dwarf === undefined) return different;
  for (const compare of [compareRows, compareDecoded]) different += (await compare(path, about)).print();
  for (const tally of await compareEntries(path, about)) different += tally.print();
  const addresses = sampleAddresses(dwarf, Number(options.sample));
  for (const compare of [compareAddr2line, compareSymbolizer]) different += compare(path, about, addresses).print();
  return different;
}

let different = 0;
for (const path of positionals.length > 0 ? positionals : [process.execPath, ...debianFiles()]) different += await compareFile(path);
process.exitCode = different === 0 ? 0 : 1;
