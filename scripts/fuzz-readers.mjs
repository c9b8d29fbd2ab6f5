#!/usr/bin/env node
/**
 * node scripts/fuzz-readers.mjs [inputs] [seed] [kind]: readers of debug information on changed files. Each input must end within
 * a second of processor time, in a result or DebugInfoError, and memory must not grow with the inputs. Kinds are the functions of
 * KINDS below; without one, each in turn. Programs to change are compiled here; needs gcc, clang, <sys/sdt.h> and `npm run build`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ElfFile } from '../packages/debuginfo/dist/index.js';
import { C_PROGRAM, CPP_PROGRAM } from '../packages/debuginfo/dist/testing/dwarf-programs.test-support.js';
import { exerciseBtf, exerciseElf, exerciseFrames, exerciseLines, exerciseUsdt } from '../packages/debuginfo/dist/testing/exercise-readers.test-support.js';
import { exerciseDwarf } from '../packages/debuginfo/dist/testing/exercise-dwarf.test-support.js';
import { chance, inputsAndSeed, LIMIT_MS, Stopwatch } from './fuzz-inputs.mjs';

const { inputs, seed } = inputsAndSeed(process.argv.slice(2));
const only = process.argv[4];
const GROWTH_BYTES = 50 << 20;

const { below, pick } = chance(seed);

const folder = mkdtempSync(join(tmpdir(), 'stapkit-fuzz-'));
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }); });
const SMALL_C = `
struct node { int value; struct node *next; unsigned a : 3, b : 5; union { int x; float f; }; char name[2][4]; };
enum color { RED, BLUE = -5 };
static inline __attribute__((always_inline)) int twice(int x) { int y = x * 2; return y; }
__attribute__((noinline)) static int helper(int a, const char *s, ...) { int r = twice(a); { int inner = r + 1; r += inner; if (r > 100) goto out; } r += twice(r); out: return r; }
int counter; struct node *head;
int main(int argc, char **argv) { enum color c = argc > 1 ? RED : BLUE; struct node n = { argc }; head = &n; for (int i = 0; i < argc; i++) counter += helper(i, argv[i]); return n.value + c; }
`;
writeFileSync(join(folder, 'small.c'), SMALL_C);
writeFileSync(join(folder, 'program.c'), C_PROGRAM);
writeFileSync(join(folder, 'program.cpp'), CPP_PROGRAM);
/** A program, and its .dwo where it has one. */
const compile = (name, compiler, source, ...flags) => {
  const path = join(folder, name);
  execFileSync(compiler, [...flags, '-w', '-g', '-o', path, join(folder, source)], { stdio: ['ignore', 'ignore', 'inherit'], cwd: folder });
  return readFileSync(path);
};
const programs = [
  ...[2, 3, 4, 5].map((version) => compile(`c${version}`, 'gcc', 'small.c', '-O2', '-c', `-gdwarf-${version}`)),
  compile('linked', 'gcc', 'small.c', '-O1'), compile('types', 'gcc', 'small.c', '-O1', '-c', '-gdwarf-4', '-fdebug-types-section'), compile('wide', 'gcc', 'small.c', '-O2', '-c', '-gdwarf64'),
  compile('packed', 'gcc', 'small.c', '-O2', '-c', '-gz=zlib'), compile('whole', 'gcc', 'program.c', '-O2', '-c'), compile('cpp', 'g++', 'program.cpp', '-O1', '-c'),
].map((bytes) => ({ bytes, companions: {} }));
for (const version of [4, 5]) {
  const bytes = compile(`split${version}`, 'gcc', 'small.c', '-O2', '-c', '-gsplit-dwarf', `-gdwarf-${version}`);
  const dwo = readFileSync(execFileSync('sh', ['-c', `ls ${folder}/split${version}*.dwo`], { encoding: 'utf8' }).trim());
  programs.push({ bytes, companions: { split: dwo } });
}

const PROBES_C = `
#include <sys/sdt.h>
int counter = 7;
int main(int argc, char **argv) { STAP_PROBE5(app, many, argc, argv, counter, argv[argc - 1], (char)argc); STAP_PROBE2(app, constants, 5, -7L); STAP_PROBE(app, bare); return 0; }
`;
writeFileSync(join(folder, 'probes.c'), PROBES_C);
/** Files, with the sections that a kind of reader is about. */
const filesWith = (pattern, ...files) => files.map((bytes) => ({ bytes, sections: ElfFile.parse(bytes).sections.filter(({ name, type }) => pattern.test(name) && type !== 8) }));
const linked = compile('exe', 'gcc', 'small.c', '-O2');
const framed = compile('framed', 'gcc', 'small.c', '-O2', '-c', '-fno-asynchronous-unwind-tables');
const elfs = filesWith(/^\.(symtab|strtab|shstrtab|dynsym|dynstr|gnu|note|dynamic|rela|plt)/, linked, compile('lib', 'gcc', 'small.c', '-O2', '-shared', '-fPIC'), framed);
// The headers themselves: of the file, of its segments, of its sections.
for (const { bytes, sections } of elfs) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  sections.push({ offset: 0, size: 64 }, { offset: 64, size: 56 * view.getUint16(56, true) }, { offset: Number(view.getBigUint64(40, true)), size: 64 * view.getUint16(60, true) });
}
const lines = filesWith(/^\.debug_(line|str)/, linked, ...[2, 3, 4, 5].map((version) => compile(`l${version}`, 'gcc', 'small.c', '-O2', `-gdwarf-${version}`)), compile('lclang', 'clang', 'small.c', '-O2', '-gdwarf-5'));
const frames = filesWith(/^\.(eh_frame|debug_frame)/, linked, framed, compile('framed2', 'gcc', 'small.c', '-O2', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables'));
const notes = filesWith(/^\.(note|stapsdt|probes|symtab)/, compile('probes0', 'gcc', 'probes.c', '-O0'), compile('probes2', 'gcc', 'probes.c', '-O2'), compile('probesclang', 'clang', 'probes.c', '-O2'));
execFileSync('clang', ['-target', 'bpf', '-g', '-O2', '-w', '-c', '-o', join(folder, 'types.o'), join(folder, 'small.c')], { stdio: ['ignore', 'ignore', 'inherit'] });
execFileSync('llvm-objcopy', ['-O', 'binary', '--only-section=.BTF', '--set-section-flags', '.BTF=alloc', join(folder, 'types.o'), join(folder, 'types.btf')]);
const btfBytes = readFileSync(join(folder, 'types.btf'));
const btfs = [{ bytes: btfBytes, sections: [{ offset: 0, size: 24 }, { offset: 24, size: btfBytes.length - 24 }] }];

const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 0x10, 0x13, 0x2e, 0x1d, 0x34, 0x16, 0x21];
/** Some bytes changed, mostly in the sections that are read, sometimes a piece cut out or doubled. */
function change(original, sections) {
  const bytes = Uint8Array.prototype.slice.call(original);
  for (let edits = 1 + below(8); edits > 0; edits -= 1) {
    const section = below(10) === 0 || sections.length === 0 ? { offset: 0, size: bytes.length } : pick(sections);
    if (section.size === 0) continue;
    const at = section.offset + below(section.size);
    switch (below(5)) {
      case 0: bytes[at] = below(256); break;
      case 1: bytes[at] = pick(INTERESTING); break;
      case 2: bytes[at] ^= 1 << below(8); break;
      case 3: { const from = section.offset + below(section.size); bytes.copyWithin(at, from, Math.min(from + below(24), bytes.length)); break; }
      default: new DataView(bytes.buffer).setUint32(Math.min(at, bytes.length - 4), pick([0, 1, 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, section.size, below(section.size)]), true);
    }
  }
  return below(40) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
}
const debugSections = (bytes) => ElfFile.parse(bytes).sections.filter(({ name, type }) => /^\.z?debug_(info|types|abbrev|str|addr|rng|loc|line|ranges|aranges)/.test(name) && type !== 8);
for (const program of programs) {
  program.sections = debugSections(program.bytes);
  if (program.companions.split !== undefined) program.splitSections = debugSections(program.companions.split);
}

const KINDS = {
  dwarf() {
    // The large programs take ten times as long.
    const small = programs.filter(({ bytes }) => bytes.length < 40_000);
    const { bytes, sections, companions, splitSections } = pick(below(40) === 0 ? programs : small);
    const inSplit = companions.split !== undefined && below(2) === 0;
    const main = inSplit ? bytes : change(bytes, sections);
    const split = companions.split === undefined ? {} : { split: inSplit ? change(companions.split, splitSections) : companions.split };
    return { files: [main, split.split], run: () => exerciseDwarf(main, split) };
  },
  elf: () => simple(elfs, exerciseElf),
  lines: () => simple(lines, exerciseLines),
  frames: () => simple(frames, exerciseFrames),
  usdt: () => simple(notes, exerciseUsdt),
  btf: () => simple(btfs, exerciseBtf),
};
function simple(files, exercise) {
  const { bytes, sections } = pick(files);
  const changed = change(bytes, sections);
  return { files: [changed], run: () => exercise(changed) };
}

const kinds = Object.keys(KINDS).filter((kind) => only === undefined || kind === only);
/** By kind: inputs, questions answered, and refused. */
const totals = Object.fromEntries(kinds.map((kind) => [kind, [0, 0, 0]]));
const watch = new Stopwatch();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
/** Bytes that are in use: what no longer is may lie about until there is need. */
const live = () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const memoryAtStart = live();
process.stdout.write(`${inputs} inputs of ${kinds.join(', ')} from ${programs.length} programs, seed ${seed}\n`);
for (let count = 0; count < inputs; count += 1) {
  const kind = kinds[count % kinds.length];
  const { files, run } = KINDS[kind]();
  const fail = (why) => {
    const kept = files.map((file, index) => {
      const path = join(tmpdir(), `fuzz-readers-${seed}-${count}-${index}`);
      if (file !== undefined) writeFileSync(path, file);
      return path;
    });
    process.stdout.write(`input ${count} (${kind}) of seed ${seed}: ${why}\nkept as ${kept.join(' ')}\n`);
    process.exit(1);
  };
  watch.begin();
  try {
    const answers = run();
    const total = totals[kind];
    total[0] += 1;
    total[1] += answers.answered;
    total[2] += answers.refused;
  } catch (error) {
    fail(error.stack);
  }
  const took = watch.end();
  if (took > LIMIT_MS) fail(`took ${took.toFixed(0)} ms`);
  if (count % 20_000 === 19_999) process.stdout.write(`${count + 1} inputs, ${(live() / 1e6).toFixed(0)} MB in use\n`);
  // zlib frees what it used in the next turn.
  if (count % 100 === 99) await nextTurn();
  if (count % 10_000 === 9999 && live() - memoryAtStart > GROWTH_BYTES) fail(`memory grew from ${memoryAtStart} to ${live()} bytes`);
}
for (const [kind, [count, answered, refused]] of Object.entries(totals)) process.stdout.write(`${kind}: ${count} inputs, ${answered} questions answered, ${refused} refused with DebugInfoError\n`);
process.stdout.write(`no crash, no hang: ${inputs} inputs; slowest ${watch.slowest.toFixed(0)} ms, ${((live() - memoryAtStart) / 1e6).toFixed(1)} MB more in use than at the start, at most ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB resident\n`);
