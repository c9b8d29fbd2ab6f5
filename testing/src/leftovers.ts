/** What stays in the kernel after a session: nothing may. */
import { execFileSync } from 'node:child_process';

interface BpftoolProgram { readonly id: number; readonly name?: string; readonly type: string }

/** Ids of all loaded BPF programs, by bpftool. */
export function loadedPrograms(): ReadonlySet<number> {
  const programs = JSON.parse(execFileSync('bpftool', ['prog', 'list', '--json'], { encoding: 'utf8' })) as readonly BpftoolProgram[];
  return new Set(programs.map((program) => program.id));
}

/** Waits until no program is loaded that was not before (the kernel frees them a moment after the last close); gives what stays. */
export async function leftBehind(before: ReadonlySet<number>): Promise<readonly number[]> {
  let left: readonly number[] = [];
  for (let attempt = 0; attempt < 40; attempt += 1) {
    left = [...loadedPrograms()].filter((id) => !before.has(id));
    if (left.length === 0) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return left;
}
