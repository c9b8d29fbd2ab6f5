/** Programs with debug information that tests compile, and compare with what binutils and LLVM read in them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ElfFile } from '../elf/elf-file.js';
import { hasTool, run } from './host-tools.test-support.js';

const MAIN = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "inner.h"
struct point { int x, y; long weight; };
static volatile int sink;
__thread int per_thread = 3;
static __attribute__((noinline)) int sum(struct point p, const int *values, int count) {
  int total = p.x + p.y;
  for (int i = 0; i < count; i++) {
    if (values[i] % 3 == 0) total += inner_twice(values[i]); else total -= i;
  }
  sink = total;
  return total;
}
__attribute__((noinline, cold)) void fail(const char *why) { fputs(why, stderr); exit(1); }
double average(const double *values, int count) {
  double total = 0;
  for (int i = 0; i < count; i++) total += values[i] * inner_twice(i);
  if (count == 0) fail("no values");
  return total / count;
}
int main(int argc, char **argv) {
  int values[8];
  char text[64];
  for (int i = 0; i < 8; i++) values[i] = i * argc;
  struct point p = { argc, (int)strlen(argv[0]), 7 };
  snprintf(text, sizeof text, "%d %d", sum(p, values, 8), per_thread);
  double d[2] = { argc, 2.0 };
  if (p.weight == 8) fail(text);
  return (int)average(d, 2) + (int)strlen(text) == 1000;
}
`;
const INNER = `static inline __attribute__((always_inline)) int inner_twice(int value) {
  int doubled = value * 2;
  return doubled > 100 ? 100 : doubled;
}
`;

export interface DebugProgram {
  readonly name: string;
  readonly path: string;
  readonly elf: ElfFile;
}

/** Compiler and flags of each program. Clang and the compiler for AArch64 where they are. */
const BUILDS: readonly (readonly [name: string, compiler: string, ...flags: string[]])[] = [
  ['gcc-O0-dwarf5', 'gcc', '-O0', '-gdwarf-5'],
  ['gcc-O2-dwarf5', 'gcc', '-O2', '-gdwarf-5'],
  ['gcc-O2-dwarf4', 'gcc', '-O2', '-gdwarf-4'],
  ['gcc-O3-dwarf3', 'gcc', '-O3', '-gdwarf-3', '-gstrict-dwarf'],
  ['gcc-O1-dwarf2', 'gcc', '-O1', '-gdwarf-2'],
  ['gcc-O3-lto', 'gcc', '-O3', '-flto', '-gdwarf-5'],
  ['gcc-O2-sections', 'gcc', '-O2', '-gdwarf-5', '-ffunction-sections', '-Wl,--gc-sections'],
  ['gcc-O2-64', 'gcc', '-O2', '-gdwarf-5', '-gdwarf64', '-nostartfiles', '-shared', '-fPIC'],
  ['gcc-debug-frame', 'gcc', '-O2', '-g', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables'],
  ['gcc-object', 'gcc', '-O2', '-gdwarf-5', '-c'],
  ['clang-O0-dwarf5', 'clang', '-O0', '-gdwarf-5'],
  ['clang-O2-dwarf5', 'clang', '-O2', '-gdwarf-5'],
  ['clang-O2-dwarf4', 'clang', '-O2', '-gdwarf-4'],
  ['clang-embedded-source', 'clang', '-O1', '-gdwarf-5', '-gembed-source'],
  ['aarch64-O2', 'aarch64-linux-gnu-gcc', '-O2', '-gdwarf-5', '-mbranch-protection=standard'],
  ['aarch64-O0', 'aarch64-linux-gnu-gcc', '-O0', '-gdwarf-4', '-mbranch-protection=standard'],
];

export const debugProgramNames: readonly string[] = BUILDS.filter(([, compiler]) => hasTool(compiler)).map(([name]) => name);
/** Needed besides the compilers. */
export const hasDebugTools = hasTool('gcc') && hasTool('readelf');

/** Compiles programs when they are first asked for, into a folder that `remove` takes away. */
export class DebugPrograms {
  readonly folder = mkdtempSync(`${tmpdir()}/stapkit-dwarf-`);
  readonly #made = new Map<string, DebugProgram>();

  constructor() {
    writeFileSync(`${this.folder}/main.c`, MAIN);
    writeFileSync(`${this.folder}/inner.h`, INNER);
  }

  get(name: string): DebugProgram {
    let program = this.#made.get(name);
    if (program === undefined) {
      const [, compiler, ...flags] = BUILDS.find(([one]) => one === name)!;
      const path = `${this.folder}/${name}`;
      run(compiler, ...flags, '-Wl,--build-id', '-o', path, `${this.folder}/main.c`);
      program = { name, path, elf: ElfFile.parse(readFileSync(path)) };
      this.#made.set(name, program);
    }
    return program;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
