/** The tapset's probe aliases compile for the guests' kernels. Nothing is loaded: it runs beside the tests on this machine. */
import { expect, test } from '@jest/globals';
import { loadCompiler, localTarget } from '@stapkit/cli-kit';
import { tapsetKernel } from './guests/guest.js';
import { IN_MODULES, absentIn, printingProbe, tapsetAliases } from './tapset-aliases.js';

/** The oldest and the newest; the others with STAPKIT_KERNELS=all (docs/tapset/kernels.tsv has all, made by scripts/tapset-reference.mjs). */
const KERNELS = process.env['STAPKIT_KERNELS'] === 'all' ? ['5.10', '6.1', '6.12', '7.2'] as const : ['5.10', '7.2'] as const;

/** Aliases of several aliases, which tell the errors of all. */
const SUMS = /^(nfsd\.(proc\.)?(entries|return)|nfs\.\w+\.entries)$/;

test.each(KERNELS)('every alias, with all its variables, for Linux %s; those that it has not are the known ones', async (kernel) => {
  const { compileScript } = await loadCompiler();
  const { release, btf } = await tapsetKernel(kernel);
  const target = localTarget({ btfFile: btf, release });
  const elaborate = (text: string): readonly string[] => compileScript({ scripts: [{ file: 'aliases.stp', text }], args: [], target, name: 'aliases', until: 'elaborate' }).diagnostics.map(({ code, message }) => `${code} ${message}`);
  const aliases = tapsetAliases();
  const absent = absentIn(kernel, aliases);
  expect(elaborate(aliases.filter(({ name }) => !absent.has(name)).map((alias) => printingProbe(alias)).join(''))).toEqual([]);
  // One error each, all at once: one that is there would be told as elided. Of those in modules a part, since each looks for similar names.
  const single = [...absent].filter((name, index) => !SUMS.test(name) && (!IN_MODULES.test(name) || index % 8 === 0));
  expect(elaborate(single.map((name) => `probe ${name} {}\n`).join(''))).toEqual(single.map(() => expect.stringMatching(/^E04/)));
}, 300_000);
