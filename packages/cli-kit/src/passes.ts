/** What -v says about the passes, in stap's words. */
import type { CompileResult, PassName } from '@stapkit/core-compiler';

export const PASSES: readonly { readonly pass: PassName; readonly number: number; readonly failed: string }[] = [
  { pass: 'parse', number: 1, failed: 'parse failed' },
  { pass: 'elaborate', number: 2, failed: 'analysis failed' },
  { pass: 'translate', number: 3, failed: 'translation failed' },
  { pass: 'write', number: 4, failed: 'compilation failed' },
];

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** Verbosity of passes 1 to 5 (-v, --vp). */
export type PassVerbosity = readonly number[];

export const isVerbose = (verbosity: PassVerbosity, pass: number): boolean => (verbosity[pass - 1] ?? 0) > 0;

/** One line a pass that was run, of those that are wanted: `Pass 1: parsed user script and 22 library scripts in 4ms.` */
export function describePasses(result: CompileResult, libraryFiles: number, verbosity: PassVerbosity): string {
  const metadata = result.object?.metadata;
  const done: Readonly<Record<PassName, string>> = {
    parse: `parsed user script and ${counted(libraryFiles, 'library script')}`,
    elaborate: metadata === undefined ? 'analyzed script' : `analyzed script: ${counted(metadata.probes.length, 'probe')}, ${counted(metadata.globals.length, 'global')}`,
    translate: metadata === undefined ? 'translated to BPF' : `translated to BPF: ${counted(metadata.programs.length, 'program')}`,
    write: result.object === undefined ? 'made no object' : `wrote an object of ${result.object.bytes.length} bytes`,
  };
  const numbers = new Map(PASSES.map((one) => [one.pass, one.number]));
  return result.timings
    .filter(({ pass }) => isVerbose(verbosity, numbers.get(pass) ?? 0))
    .map(({ pass, milliseconds }) => `Pass ${numbers.get(pass) ?? 0}: ${done[pass]} in ${Math.round(milliseconds)}ms.\n`)
    .join('');
}
