/** The page of flamegraph in a browser, as a person uses it. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openPage, serveStrictly, startBrowser, type WatchedPage } from './browser.js';

const COMMAND = fileURLToPath(new URL('../../../tools/flamegraph/bin/flamegraph.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'flamegraph-page-'));
const file = (name: string): string => join(folder, name);
const flamegraph = (...words: string[]): Promise<unknown> => promisify(execFile)(process.execPath, [COMMAND, ...words], { cwd: folder });

const BEFORE = ['main;parse;std::sort 30', 'main;parse;read_[k];vfs_read_[k] 20', 'main;render;JS:*draw_[j];blend_[i] 40', 'main;render;gone 6', 'main;idle 4'];
const AFTER = ['main;parse;std::sort 60', 'main;parse;read_[k];vfs_read_[k] 20', 'main;render;JS:*draw_[j];blend_[i] 10', 'main;render;fresh 6', 'main;idle 4'];

/** A place in a source file. */
const SPEEDSCOPE = { $schema: 'https://www.speedscope.app/file-format-schema.json', shared: { frames: [{ name: 'main', file: 'app.c', line: 12, col: 3 }, { name: 'work<int>', file: 'work.cc', line: 7 }] }, profiles: [{ type: 'sampled', name: 'p', unit: 'nanoseconds', startValue: 0, endValue: 3e6, samples: [[0, 1], [0]], weights: [1_234_567, 1_765_433] }] };

let browser: Browser;
/** A window that shows one page after another. */
let desktop: WatchedPage;
const phones: WatchedPage[] = [];
const ended: (() => void)[] = [];
beforeAll(async () => {
  writeFileSync(file('before.folded'), BEFORE.join('\n'));
  writeFileSync(file('after.folded'), AFTER.join('\n'));
  writeFileSync(file('s.json'), JSON.stringify(SPEEDSCOPE));
  const starting = startBrowser();
  await Promise.all([
    flamegraph('--from', 'before.folded', '-o', 'page.html', '--title', 'A <b>title</b>'),
    flamegraph('--from', 'before.folded', '-o', 'noted.html', '--min-percent', '5'),
    flamegraph('--diff', 'before.folded', 'after.folded', '-o', 'diff.html'),
    flamegraph('--from', 's.json', '-o', 'a page.html', '--split'),
    flamegraph('--from', 'before.folded', '-o', 'out.speedscope.json', '--title', 'ours'),
  ]);
  browser = await starting;
  desktop = await openPage(browser);
});
afterAll(async () => {
  await browser.close();
  for (const close of ended) close();
  rmSync(folder, { recursive: true });
});

const drawn = '.functions tbody tr:not(.spacer)';
async function open(name: string, fragment = '', media = {}): Promise<Page> {
  const { page } = desktop;
  await page.emulateMedia(media);
  // Not the fragment alone: that would be the page as it is.
  await page.goto('about:blank');
  await page.goto(`file://${file(name)}${fragment}`);
  await page.waitForSelector(drawn);
  return page;
}
const chart = '.chart:not([hidden])';
/** What an expression is in the page; as text, for the types of a document are not the tests' own. */
const inPage = <Value>(page: Page, expression: string): Promise<Value> => page.evaluate<Value>(expression);
const names = (page: Page, graph = '.chart.whole'): Promise<string[]> => inPage(page, `Array.from(document.querySelectorAll('${graph} g.frame'), (frame) => frame.getAttribute('name'))`);
interface DrawnFrame { readonly name: string; readonly x: number; readonly y: number; readonly width: number; readonly fill: string }
/** The first frame of each name, in the order of the names. */
async function framesOf(page: Page, ...wanted: string[]): Promise<DrawnFrame[]> {
  const all = await inPage<DrawnFrame[]>(page, `Array.from(document.querySelectorAll('${chart} g.frame'), (frame) => { const rect = frame.querySelector('rect'); const { x, y, width } = rect.getBoundingClientRect(); return { name: frame.getAttribute('name'), x, y, width, fill: rect.getAttribute('fill') }; })`);
  return wanted.map((name) => {
    const frame = all.find((one) => one.name === name);
    if (frame === undefined) throw new Error(`${name} is not drawn`);
    return frame;
  });
}
const boxOf = async (page: Page, name: string): Promise<DrawnFrame> => (await framesOf(page, name))[0]!;
const onFrame = async (page: Page, name: string, act: 'click' | 'move'): Promise<void> => { const { x, y } = await boxOf(page, name); await page.mouse[act](x + 6, y + 8); };
const text = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();
const hash = async (page: Page): Promise<string> => decodeURIComponent(await inPage<string>(page, 'location.hash'));
const fillOf = async (page: Page, name: string): Promise<string> => (await boxOf(page, name)).fill;

describe('a profile', () => {
  let page: Page;
  beforeAll(async () => { page = await open('page.html'); });

  test('heading, facts and legend', async () => {
    expect([await text(page, 'h1'), await text(page, '.facts'), await page.locator('.legend li').allInnerTexts()]).toEqual(['A <b>title</b>', '100 samples', ['user', 'C++, Rust', 'inlined', 'JIT', 'kernel']]);
    expect(new Set((await framesOf(page, 'main', 'std::sort', 'vfs_read', 'JS:*draw', 'blend')).map(({ fill }) => fill)).size).toBe(5);
  });

  test('the frames are as wide as they weigh, the widest first', async () => {
    const [all, parse, sort, render] = await framesOf(page, 'all', 'parse', 'std::sort', 'render');
    expect([parse!.width / all!.width, sort!.width / all!.width]).toEqual([expect.closeTo(0.5, 2), expect.closeTo(0.3, 2)]);
    expect(parse!.x).toBeLessThan(render!.x);
    expect(parse!.y).toBeLessThan(all!.y);
  });

  test('tip with exact numbers', async () => {
    await onFrame(page, 'vfs_read', 'move');
    expect((await text(page, '.tip')).split(/\s*\n\s*/)).toEqual(['vfs_read', 'kernel', 'total', '20 samples, 20.00%', 'self', '20 samples, 20.00%']);
  });

  test('zoom, what is around it, and back by the browser', async () => {
    await onFrame(page, 'parse', 'click');
    expect(await names(page)).toEqual(['all', 'main', 'parse', 'std::sort', 'read', 'vfs_read']);
    const [all, parse, sort] = await framesOf(page, 'all', 'parse', 'std::sort');
    expect([parse!.width, sort!.width / all!.width]).toEqual([all!.width, expect.closeTo(0.6, 2)]);
    expect(await hash(page)).toMatch(/^#zoom=\d+~parse$/);
    expect(await page.locator('.way .step').allInnerTexts()).toEqual(['all', 'main', 'parse']);
    await page.goBack();
    await page.waitForFunction('location.hash === ""');
    expect([await hash(page), await names(page)]).toEqual(['', expect.arrayContaining(['render', 'idle'])]);
  });

  test('keys: from frame to frame, zoom, out', async () => {
    await page.locator('.chart.whole').focus();
    await page.keyboard.press('0');
    for (const key of ['ArrowDown', 'ArrowUp', 'ArrowRight']) await page.keyboard.press(key);
    expect(await text(page, '.details strong')).toBe('render');
    await page.keyboard.press('Enter');
    expect(await hash(page)).toMatch(/~render$/);
    await page.keyboard.press('Escape');
    expect(await hash(page)).toMatch(/~main$/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    const [all, main] = await framesOf(page, 'all', 'main');
    expect([await hash(page), main!.y > all!.y]).toEqual(['#icicle=1', true]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('i');
    await page.keyboard.press('?');
    expect(await page.locator('dialog.help').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
  });

  test('search: share, colours, table, next', async () => {
    const plain = await fillOf(page, 'std::sort');
    await page.keyboard.press('/');
    await page.keyboard.type('/^(read|vfs_read|blend)$/');
    await page.waitForSelector('.functions .count:text-is("3 found")');
    expect([await text(page, '.matched'), await text(page, '.functions .count'), await hash(page)]).toEqual(['60.00% matched', '3 found', '#q=/^(read|vfs_read|blend)$/']);
    expect([await fillOf(page, 'read'), await fillOf(page, 'std::sort')]).toEqual(['hsl(292 90% 72%)', plain.replace(')', ' / 0.38)')]);
    await page.locator('input[type=search]').fill('/(/');
    expect(await text(page, '.matched')).toContain('Unterminated group');
    await page.locator('input[type=search]').fill('SORT');
    expect(await text(page, '.matched')).toBe('30.00% matched');
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    expect(await text(page, '.details strong')).toBe('std::sort');
    await page.locator('input[type=search]').fill('');
  });

  test('table: self and total, sorted; a function\u2019s callers and callees', async () => {
    // The table is drawn after the graph.
    await page.waitForSelector('.functions .count:text-is("10")');
    const rows = (): Promise<string[]> => inPage(page, "Array.from(document.querySelectorAll('.functions tr[data-index]'), (row) => Array.from(row.children, (cell) => cell.textContent).join(' '))");
    expect((await rows()).slice(0, 3)).toEqual(['40.00% 40.00% blend', '30.00% 30.00% std::sort', '20.00% 20.00% vfs_read']);
    await page.click('.functions th:nth-child(2) button');
    expect((await rows()).slice(0, 3)).toEqual(['0.00% 100.00% main', '0.00% 50.00% parse', '0.00% 46.00% render']);
    await page.click('.functions tr[data-index="2"]');
    expect([await names(page, '.chart.callers'), await names(page, '.chart.callees'), await text(page, '.band strong'), await text(page, '.band .numbers')]).toEqual([['render', 'main'], ['render', 'JS:*draw', 'gone', 'blend'], 'render', '46 samples, 46.00% of all']);
    expect(await hash(page)).toMatch(/^#fn=\d+~render$/);
    await page.keyboard.press('Escape');
    expect(await page.locator('.band').isVisible()).toBe(false);
  });

  test('callers, copied as folded stacks', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('.chart.whole').focus();
    await page.keyboard.press('r');
    expect((await names(page)).slice(0, 3)).toEqual(['all', 'blend', 'std::sort']);
    await page.keyboard.press('c');
    await page.waitForSelector('.said:not([hidden])');
    expect((await inPage<string>(page, 'navigator.clipboard.readText()')).trim().split('\n').sort()).toEqual([...BEFORE].sort());
    await page.keyboard.press('r');
  });

  test('dark and light', async () => {
    const paper = (): Promise<string> => inPage(page, 'getComputedStyle(document.body).backgroundColor');
    const [light, fill] = [await paper(), await fillOf(page, 'main')];
    await page.keyboard.press('d');
    expect([await paper(), await fillOf(page, 'main')]).not.toEqual([light, fill]);
    await page.keyboard.press('d');
    expect([await paper(), await fillOf(page, 'main')]).toEqual([light, fill]);
  });
});

test('a link opens what was shown, also when the numbers have changed', async () => {
  const page = await open('page.html', '#zoom=9999~read&q=vfs&icicle=1&colors=module', { colorScheme: 'dark' });
  expect([await names(page), await text(page, '.matched'), await page.locator('.legend').isVisible()]).toEqual([['all', 'main', 'parse', 'read', 'vfs_read'], '20.00% matched', false]);
  expect((await boxOf(page, 'read')).width).toBe((await boxOf(page, 'all')).width);
});

test('a comparison: colours, counts, what is gone', async () => {
  const page = await open('diff.html');
  const hues = async (): Promise<number[]> => (await framesOf(page, 'std::sort', 'JS:*draw', 'vfs_read')).map(({ fill }) => Number(/^hsl\((\d+)/.exec(fill)?.[1]));
  expect([await text(page, '.facts'), await hues()]).toEqual([expect.stringContaining('before.folded: 100 \u2192 after.folded: 100'), [2, 212, 0]]);
  await onFrame(page, 'JS:*draw', 'move');
  expect((await text(page, '.tip')).replace(/\s*\n\s*/g, ' ')).toBe('JS:*draw JIT before.folded 40 after.folded 10 change \u221230, \u221275.00% self 0');
  expect(await names(page)).not.toContain('gone');
  await page.getByRole('button', { name: 'Before' }).click();
  expect([await fillOf(page, 'gone'), (await names(page)).includes('fresh')]).toEqual([expect.stringMatching(/^hsl\(262/), false]);
  await page.waitForSelector('.functions tr[data-index="0"]:has-text("blend")');
  expect(await page.locator('.functions tr[data-index]').first().locator('td').allInnerTexts()).toEqual(['40', '\u221230', '40', '\u221230', 'blend']);
});

test('on a phone; what the recording lacks is one line that opens', async () => {
  const phone = await openPage(browser, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  phones.push(phone);
  const { page } = phone;
  await page.goto(`file://${file('noted.html')}`);
  await page.waitForSelector(drawn);
  expect(await inPage(page, 'document.documentElement.scrollWidth')).toBe(390);
  const note = '1 frame with less than 5% is shown as [below 5%]';
  expect([await text(page, '.notes summary'), await page.locator('.notes li').isVisible()]).toEqual([note, false]);
  await page.tap('.notes summary');
  expect(await page.locator('.notes li').innerText()).toBe(note);
  await page.tap('.notes summary');
  const { x, y } = await boxOf(page, 'parse');
  await page.touchscreen.tap(x + 5, y + 8);
  await page.waitForSelector('.details strong:text-is("parse")');
  expect(await hash(page)).toBe('');
  await page.touchscreen.tap(x + 5, y + 8);
  // A tap becomes a click when the browser has made sure that it is no other gesture.
  await page.waitForURL(/~parse$/);
});

test('in three files, under a strict policy', async () => {
  const { url, close } = await serveStrictly(folder, "default-src 'none'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'");
  const watched = await openPage(browser);
  ended.push(close);
  await watched.page.goto(`${url}/a%20page.html`);
  await watched.page.waitForSelector('g.frame[name="work<int>"]');
  await onFrame(watched.page, 'work<int>', 'move');
  expect((await text(watched.page, '.tip')).split(/\s*\n\s*/)).toEqual(['work<int>', 'user', 'work.cc:7', 'total', '1.23 ms (1,234,567 ns), 41.15%', 'self', '1.23 ms (1,234,567 ns), 41.15%']);
  await onFrame(watched.page, 'work<int>', 'click');
  expect([await hash(watched.page), watched.complaints, watched.requests.map((one) => one.slice(url.length))]).toEqual([expect.stringMatching(/~work<int>$/), [], ['/a%20page.html', '/a%20page.css', '/a%20page.js']]);
});

test('no page complained, none asked the network for anything', () => {
  const watched = [desktop, ...phones];
  expect(watched).toHaveLength(2);
  expect(watched.flatMap(({ complaints }) => complaints)).toEqual([]);
  const requests = watched.flatMap((one) => one.requests).filter((url) => url !== 'about:blank' && url !== 'data:,');
  expect(requests.map((url) => url.replace(/#.*/, ''))).toEqual(['page.html', 'page.html', 'diff.html', 'noted.html'].map((name) => `file://${file(name)}`));
});

test('a slow reader gets all of it', () => {
  // More than a pipe holds, to one that begins late.
  const { stdout, stderr } = spawnSync('sh', ['-c', `'${process.execPath}' '${COMMAND}' --from page.html -o - | { sleep 0.2; wc -c; }`], { cwd: folder, encoding: 'utf8' });
  const size = Number(stdout);
  expect([stderr.replace(/^flamegraph: -: .*\n/, ''), size > 65_536]).toEqual(['', true]);
});

test('speedscope\u2019s own program opens ours', async () => {
  const app = join(dirname(createRequire(fileURLToPath(new URL('../../../tools/flamegraph/package.json', import.meta.url))).resolve('speedscope/package.json')), 'dist/release/index.html');
  // As its own command does it: a script beside the page hands over the file.
  writeFileSync(file('load.js'), `speedscope.loadFileFromBase64('out.json', '${readFileSync(file('out.speedscope.json')).toString('base64')}')`);
  const { page } = await openPage(browser);
  await page.goto(`file://${app}#localProfilePath=${file('load.js')}`);
  await page.getByText('Sandwich').click({ timeout: 10_000 });
  const rows = await page.locator('tr', { has: page.locator('td') }).allInnerTexts();
  expect(rows.map((row) => row.replace(/\s+/g, ' ').trim())).toEqual(expect.arrayContaining([expect.stringMatching(/^40 \(40%\) 40 \(40%\) blend/), expect.stringMatching(/^30 \(30%\) 30 \(30%\) std::sort/), expect.stringMatching(/^100 \(100%\).* main$/)]));
});
