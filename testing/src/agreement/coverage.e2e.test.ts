/** The random scripts use the whole intermediate representation, but for what one executor alone can do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { INTRINSICS } from '@stapkit/object';
import { CHECKOUT } from '../checkout.js';
import { featuresOf } from './coverage.js';
import { compileText } from './executors.js';
import { generate, settingOf } from './fuzz.js';
import { joinScripts, randomComparable } from './script-text.js';

/** Why random scripts cannot have them. */
const EXCLUDED_OPS: Readonly<Record<string, string>> = {
  'read-argument': 'of the probed function: a begin probe has none',
  'read-return': 'of the probed function: a begin probe has none',
  'read-register': 'of the probe: a begin probe has none',
  'save-entry': 'in return probes only',
  'read-entry': 'in return probes only',
  'field-address': 'host probes are compiled with the offset of this kernel, as an addition',
};
/** Intrinsics of programs that serve several places; a begin probe has one. */
const OF_MERGED_PROBES = ['member_name', 'member_function'];
/** Intrinsics of the stack at a probe and of its texts: a begin probe has none, and only the process makes the texts (stacks.e2e.test.ts). */
const OF_STACKS = ['kernel_stack', 'user_stack', 'probe_address', 'stack_text', 'stack_lines', 'stack_callers', 'stack_address', 'address_lines', 'address_text'];
/** Intrinsics that calls of are lowered to instructions of their own. */
const LOWERED = ['read_kernel_long', 'read_user_long', 'read_kernel_text', 'read_user_text', 'read_kernel_text_or', 'read_user_text_or'];

const words = (before: string, names: string): string[] => names.split(' ').map((name) => `${before} ${name}`);
/** By @variance is by @count, as in stap. */
const SORTS = ['key', 'value', '@count', '@sum', '@min', '@max', '@avg'].flatMap((by) => [`sort ${by} up`, `sort ${by} down`]);
const LANGUAGE = [
  ...words('binary', 'add sub mul div mod and or xor shl shr ushr eq ne lt le gt ge'), ...words('unary', 'neg not lnot'), ...words('compare-text', 'eq ne lt le gt ge'),
  ...words('stat-get', 'count sum min max avg variance'), ...SORTS, 'limit', 'slice', 'value of a foreach',
  ...words('conversion', 'd u o x X p c s b m M'), ...words('flag', '0 + - #'), 'flag  ', 'width', 'width *', 'precision', 'precision *',
  ...words('printed', 'value call intrinsic format histogram'), ...words('site', 'script warn error exit text speculate commit discard'),
  ...words('terminator', 'jump branch return throw'), 'error', 'abort', 'catch', 'loop', ...words('storage', 'slot per-cpu striped hash'),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((count) => `${count} keys`), ...words('array of', 'long string stat'), 'wrap', 'size limit', ...words('histogram', 'log linear'), 'variance shift',
  ...words('add-global', 'old new'), 'add-global without result', ...words('array-add', 'old new'), 'array-add without result',
];

/** Those that have much of it, to be fast; others follow when the generator has changed. */
const TELLING_SEEDS = [160, 46, 54, 87];

test('every instruction, intrinsic and form appears in random scripts', () => {
  const source = readFileSync(join(CHECKOUT, 'packages/object/src/ir.ts'), 'latin1');
  const ops = [...source.matchAll(/readonly op: '([a-z-]+)'/g)].map(([, op]) => op ?? '');
  expect(ops.length).toBeGreaterThan(30);
  const intrinsics = Object.entries(INTRINSICS).filter(([, { where }]) => where === 'both' || where === 'print').map(([name]) => name);
  const wanted = [
    ...ops.filter((op) => EXCLUDED_OPS[op] === undefined).map((op) => `op ${op}`),
    ...intrinsics.filter((name) => !LOWERED.includes(name) && !OF_MERGED_PROBES.includes(name) && !OF_STACKS.includes(name)).map((name) => `intrinsic ${name}`), ...LANGUAGE,
  ];
  const missing = new Set(wanted);
  for (const seed of [...TELLING_SEEDS, ...Array.from({ length: 100 }, (_, index) => index)]) {
    if (missing.size === 0) break;
    const result = compileText(joinScripts(generate(seed).map(randomComparable)), settingOf(seed));
    if (result.object !== undefined) for (const feature of featuresOf(result.object.metadata, result.dump('translate'))) missing.delete(feature);
  }
  expect([...missing]).toEqual([]);
}, 240_000);
