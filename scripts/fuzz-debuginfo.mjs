#!/usr/bin/env node
/**
 * node scripts/fuzz-debuginfo.mjs [inputs] [seed] [kind]: readers of debug information on changed files. Each input must end within
 * a second of processor time, in a result or DebugInfoError, and memory must not grow with the inputs. Kinds are the functions of
 * KINDS below; without one, each in turn. Programs to change are compiled here; needs gcc and `npm run build`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ElfFile } from '../packages/debuginfo/dist/index.js';
import { C_PROGRAM, CPP_PROGRAM } from '../packages/debuginfo/dist/testing/dwarf-programs.test-support.js';
import { exerciseDwarf } from '../packages/debuginfo/dist/testing/exercise-dwarf.test-support.js';

const inputs = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31));
const only = process.argv[4];
const LIMIT_MS = 1000;
const GROWTH_BYTES = 500 << 20;

/** xorshift32: repeatable from the seed. */
let state = seed || 1;
const below = (limit) => {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) % limit;
};
const pick = (list) => list[below(list.length)];

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
};

const kinds = Object.keys(KINDS).filter((kind) => only === undefined || kind === only);
let answered = 0;
let refused = 0;
let slowest = 0;
const memoryAtStart = process.memoryUsage().rss;
process.stdout.write(`${inputs} inputs of ${kinds.join(', ')} from ${programs.length} programs, seed ${seed}\n`);
for (let count = 0; count < inputs; count += 1) {
  const { files, run } = KINDS[kinds[count % kinds.length]]();
  const fail = (why) => {
    const kept = files.map((file, index) => {
      const path = join(tmpdir(), `fuzz-debuginfo-${seed}-${count}-${index}`);
      if (file !== undefined) writeFileSync(path, file);
      return path;
    });
    process.stdout.write(`input ${count} of seed ${seed}: ${why}\nkept as ${kept.join(' ')}\n`);
    process.exit(1);
  };
  // Processor time: a busy machine is no hang.
  const start = process.cpuUsage();
  try {
    const answers = run();
    answered += answers.answered;
    refused += answers.refused;
  } catch (error) {
    fail(error.stack);
  }
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000;
  slowest = Math.max(slowest, took);
  if (took > LIMIT_MS) fail(`took ${took.toFixed(0)} ms`);
  if (count % 1000 === 999 && process.memoryUsage().rss - memoryAtStart > GROWTH_BYTES) fail(`memory grew from ${memoryAtStart} to ${process.memoryUsage().rss} bytes`);
}
process.stdout.write(`no crash, no hang: ${answered} questions answered, ${refused} refused with DebugInfoError; slowest input ${slowest.toFixed(0)} ms, memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB\n`);
