/** docs/diagnostics.md: every example gives the diagnostic that it stands under. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Limits } from '@stapkit/object';
import { inventedKernel } from '../probes/fixture-btf.test-support.js';
import { SYSCALLS, testTarget } from '../probes/fixture.test-support.js';
import { compile } from './compile.js';

/** After ```stap: what the example is compiled with, as JSON. */
interface Settings {
  readonly args?: readonly string[];
  readonly release?: string;
  readonly globals?: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  /** false: a kernel without BTF. */
  readonly btf?: boolean;
  /** false: a kernel whose configuration is not known; or what is known of it. */
  readonly config?: false | Readonly<Record<string, string>>;
  readonly guru?: boolean;
  /** Programs that can be found, with their contents. */
  readonly files?: Readonly<Record<string, string>>;
}

const page = readFileSync(new URL('../../../../docs/diagnostics.md', import.meta.url), 'utf8');
const folder = new URL('../../../tapset/stp/', import.meta.url);
const tapset = readdirSync(folder).sort().map((path) => ({ path, text: readFileSync(new URL(path, folder), 'latin1') }));

const examples = page.split(/^### /m).slice(1).flatMap((entry) => {
  const code = entry.slice(0, 5);
  return [...entry.matchAll(/^```stap *(.*)\n([\s\S]*?)\n```$/gm)].map(([, settings = '', text = '']) => ({ code, text, settings: (settings === '' ? {} : JSON.parse(settings)) as Settings }));
});

test.each(examples)('$code: $text', ({ code, text, settings }) => {
  const files = settings.files ?? {};
  const { diagnostics } = compile({
    scripts: [{ file: 'example.stp', text }],
    args: settings.args ?? [],
    tapset,
    syscallTable: SYSCALLS,
    kernelSources: () => 'kernels\t6.1.0-56-amd64\nfs/read_write.c\n\tvfs_read\n\tvfs_write\n',
    target: testTarget({
      ...(settings.btf === false ? {} : { btf: inventedKernel() }),
      ...(settings.release === undefined ? {} : { kernelRelease: settings.release }),
      ...(settings.config === undefined ? {} : { config: (name: string) => (settings.config === false ? undefined : settings.config?.[name]) }),
      readBinary: (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
      // A path matches itself alone: no example has a file for its wildcards.
      matchPaths: (pattern) => Object.keys(files).filter((path) => path === pattern),
      resolvePath: (path) => (files[path] === undefined ? undefined : path),
    }),
    name: 'example',
    guruMode: settings.guru ?? false,
    globalOverrides: new Map(Object.entries(settings.globals ?? {})),
    ...(settings.limits === undefined ? {} : { limits: settings.limits }),
  });
  expect(diagnostics.map((one) => one.code)).toContain(code);
  // An example shows one mistake, not several: at most one more message follows from it.
  expect(new Set(diagnostics.filter(({ severity }) => severity === 'error').map((one) => one.code)).size).toBeLessThanOrEqual(2);
});

test('most codes have an example', () => {
  expect(new Set(examples.map(({ code }) => code)).size).toBeGreaterThan(100);
});
