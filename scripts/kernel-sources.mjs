#!/usr/bin/env node
/**
 * node scripts/kernel-sources.mjs: makes packages/tapset/tables/kernel-sources.br, the source files of the kernel's functions,
 * from the DWARF of the guests' kernels (Debian's -dbg packages, fetched once; about 1 GB each). One table for all of them,
 * compressed by brotli: a line "kernels<TAB>RELEASE…", then each source file's path, and below it, behind a tab, its functions
 * that stay in memory after boot. A name that not all kernels have there is followed by a tab and their set, in hexadecimal:
 * bit N is the Nth kernel.
 *
 *   node scripts/kernel-sources.mjs [VERSION…]      default: all of scripts/guest/kernels.mjs
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { Dwarf, ElfFile } from '@stapkit/debuginfo';

import { openFileSource } from '../packages/cli-kit/dist/file-source.js';
import { fetchKernelDebuginfo } from './guest/kernel-debuginfo.mjs';
import { KERNELS } from './guest/kernels.mjs';
import { guestCache } from './guest/run.mjs';

const OUT = join(import.meta.dirname, '../packages/tapset/tables/kernel-sources.br');

/** Each function with a body that stays, and the file that declares it, below the kernel's source folder. */
function* functionsOf(vmlinux) {
  const elf = ElfFile.parse(openFileSource(vmlinux));
  const dwarf = Dwarf.open(elf);
  // Code of start and shut-down is thrown away, or was never there.
  const gone = elf.sections.filter(({ name }) => /^\.(init|exit)\.text/.test(name));
  const symbols = new Set(elf.functions().map(({ name }) => name));
  for (const body of dwarf.functions('*')) {
    const pc = body.entryPc;
    const path = body.declaration?.file;
    if (pc === undefined || path === undefined || path === '' || !elf.isCode(pc)) continue;
    if (gone.some(({ address, size }) => pc >= address && pc < address + BigInt(size))) continue;
    const { compilationDirectory = '' } = body.unit;
    const file = (path.startsWith(`${compilationDirectory}/`) ? path.slice(compilationDirectory.length + 1) : path).replace(/^(\.\/)+/, '');
    // gcc's copies of a function (NAME.isra.0) are not the function: a probe by name does not find them.
    if (symbols.has(body.name)) yield { file, name: body.name };
  }
}

const versions = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(KERNELS);
const releases = [];
/** file → name → set of kernels */
const files = new Map();
for (const [index, version] of versions.entries()) {
  const { release, vmlinux } = fetchKernelDebuginfo(version, guestCache());
  releases.push(release);
  let count = 0;
  for (const { file, name } of functionsOf(vmlinux)) {
    const names = files.get(file) ?? new Map();
    files.set(file, names);
    names.set(name, (names.get(name) ?? 0) | (1 << index));
    count++;
  }
  process.stderr.write(`${release}: ${count} functions\n`);
}
const all = (1 << releases.length) - 1;
const lines = [`kernels\t${releases.join('\t')}`];
for (const [file, names] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
  lines.push(file);
  for (const [name, set] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) lines.push(set === all ? `\t${name}` : `\t${name}\t${set.toString(16)}`);
}
const text = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
const packed = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } });
writeFileSync(OUT, packed);
process.stderr.write(`${files.size} files, ${lines.length} lines, ${text.length} bytes, packed ${packed.length}: ${OUT}\n`);
