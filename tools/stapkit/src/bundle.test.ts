import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../dist/bundle/start.cjs', import.meta.url));

interface Loaded { readonly file: string; readonly rejected: boolean | null }

/** Scripts that a command loads, with what V8 says to their compiled form (null: there is none). */
function loadedBy(name: string, words: readonly string[]): readonly Loaded[] {
  const code = `const bundle = require(${JSON.stringify(START)});
    process.argv = [process.execPath, ${JSON.stringify(name)}, ...${JSON.stringify(words)}];
    process.on('exit', () => process.stderr.write(JSON.stringify([...bundle.loaded].map(([file, { script }]) => ({ file, rejected: script.cachedDataRejected ?? null })))));
    bundle.start(${JSON.stringify(name)});`;
  const { stderr, stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  expect(stdout).not.toBe('');
  return JSON.parse(stderr) as readonly Loaded[];
}

test.each([['stapkit', ['-p1', '-e', 'probe begin { exit() }'], 3], ['stapkit-run', ['--help'], 2]])('V8 takes the compiled form of each script of %s', (name, words, scripts) => {
  expect(existsSync(START)).toBe(true);
  const loaded = loadedBy(name, words);
  expect(loaded.length).toBeGreaterThanOrEqual(scripts);
  expect(loaded.filter(({ rejected }) => rejected !== false)).toEqual([]);
});
