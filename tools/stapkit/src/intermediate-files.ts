/** -k: what each pass made, in a folder that stays. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@stapkit/cli-kit';
import type { CompileResult } from '@stapkit/core-compiler';

/** Writes a file for each pass that was reached and gives the folder. */
export function keepIntermediateFiles(result: CompileResult, name: string, below = tmpdir()): string {
  try {
    const folder = mkdtempSync(join(below, 'stap'));
    const texts = [['parse', 'parsed.stp'], ['elaborate', 'elaborated.txt'], ['translate', 'translated.txt']] as const;
    for (const [pass, file] of texts) {
      const text = result.dump(pass);
      if (text !== '') writeFileSync(join(folder, file), text, 'latin1');
    }
    if (result.object !== undefined) writeFileSync(join(folder, `${name}.o`), result.object.bytes);
    return folder;
  } catch (error) {
    throw new UsageError(`cannot keep the intermediate files: ${(error as Error).message}`, '--tmpdir or TMPDIR names the folder that they go to', 1);
  }
}
