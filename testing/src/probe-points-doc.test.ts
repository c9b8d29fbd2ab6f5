/** docs/probe-points.md: each test that it names is there, and runs where the page says. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CHECKOUT } from './checkout.js';
import { KERNEL_POINTS } from './guests/kernel-points.js';

const KERNELS = ['5.10', '6.1', '6.12', '7.2'] as const;
const sources = join(CHECKOUT, 'testing/src');
const read = (file: string): string => (existsSync(join(sources, file)) ? readFileSync(join(sources, file), 'utf8') : '');
interface Row { readonly point: string; readonly host: string; readonly guests: readonly string[]; readonly file: string; readonly title: string }
const rows = readFileSync(join(CHECKOUT, 'docs/probe-points.md'), 'utf8').split('\n').flatMap((line): Row[] => {
  const [, point, host, guests, file, title] = /^\| `(.*?)` \| (\S+) \| ((?:\S+ \| ){4})`(.*?)` › (.*) \|$/.exec(line) ?? [];
  return point === undefined ? [] : [{ point, host: host ?? '', guests: (guests ?? '').split(' | ').filter((one) => one !== ''), file: file ?? '', title: title ?? '' }];
});
const TABLE = 'each point of the table is hit as often as the program runs through it';

test('each line names a test that is there', () => {
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter(({ file, title }) => !read(file).includes(`'${title.replaceAll("'", "\\'")}'`) && !read(file).includes(`"${title}"`)).map(({ file, title }) => `${file} › ${title}`)).toEqual([]);
});

test('results are said where the test runs, and nowhere else', () => {
  const wrong = rows.filter(({ host, guests, file }) => {
    const part = /^guests\/(.*)\.part\.ts$/.exec(file)?.[1];
    const said = [host, ...guests].filter((one) => one !== 'passes' && one !== 'refused' && one !== '–').length > 0;
    if (said) return true;
    if (part === undefined) return host === '–' || guests.some((one) => one !== '–');
    return host !== '–' || guests.every((one) => one === '–') || KERNELS.some((kernel, index) => guests[index] !== '–' && !read(`guests/linux-${kernel}.guest.test.ts`).includes(`'./${part}.part.js'`));
  });
  expect(wrong).toEqual([]);
});

test('the points that guests run are those of their table', () => {
  const said = rows.filter(({ title }) => title === TABLE).map(({ point, guests }) => [point, ...guests]);
  expect(said).toEqual(KERNEL_POINTS.map(({ point, kernels }) => [point, ...KERNELS.map((kernel) => (kernels === undefined || kernels.includes(kernel) ? 'passes' : '–'))]));
});
