/** Types of a C header by the system's compiler: for `@cast(p, "timeval", "<sys/time.h>")`, and run only when a script asks so. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Headers as they stand between `<` and `>`; what else a script could write there is not for a compiler's input. */
const HEADER = /^[\w.+/-]+$/;
const LONGEST_MS = 30_000;

/** An object file with DWARF, or why there is none. Honours $CC. */
export function compileHeader(header: string): { readonly object: Uint8Array } | { readonly missing: string } {
  if (!HEADER.test(header)) return { missing: `<${header}> is not the name of a header` };
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-header-'));
  try {
    const compiler = process.env['CC'] ?? 'cc';
    const output = join(folder, 'header.o');
    // Both compilers: unused types are what is wanted.
    const flags = ['-g', '-gdwarf-4', '-fno-eliminate-unused-debug-types', '-w', '-x', 'c', '-c', '-', '-o', output];
    const { status, error, stderr } = spawnSync(compiler, flags, { input: `#include <${header}>\n`, encoding: 'utf8', timeout: LONGEST_MS });
    if (error !== undefined) return { missing: `types of <${header}> need a C compiler, and '${compiler}' cannot be run (${(error as NodeJS.ErrnoException).code ?? error.message}): install gcc, or set CC` };
    if (status !== 0) return { missing: `'${compiler}' cannot compile <${header}>: ${stderr.split('\n').find((line) => line.includes('error')) ?? `status ${String(status)}`}` };
    return { object: readFileSync(output) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
