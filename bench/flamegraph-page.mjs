#!/usr/bin/env node
/**
 * node bench/flamegraph-page.mjs [RUNS [PAGE.html...]]: a profile of 100,000 distinct frames as a page in headless Chromium: how
 * long until the graph is painted (and the processor time of the page's thread until then), and how long from a click on a frame
 * (or a letter of a search) to the next paint. Other pages, such as one that an older version wrote, are measured in turn with it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const FRAMES = 100_000;
const runs = Number(process.argv[2] ?? 5);
const command = fileURLToPath(new URL('../tools/flamegraph/bin/flamegraph.js', import.meta.url));
let seed = 12345;
const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;

/** Stacks of up to 60 frames that share their callers; every name occurs, most but once. */
function folded() {
  const lines = [];
  let stack = ['main'];
  for (let next = 0; next < FRAMES;) {
    stack = stack.slice(0, 1 + Math.floor(random() * stack.length));
    const more = 1 + Math.floor(random() * 6);
    for (let index = 0; index < more && stack.length < 60; index += 1) stack.push(`ns${next % 97}::function_${next++}`);
    lines.push(`${stack.join(';')} ${1 + Math.floor(1 / (random() + 0.001))}`);
  }
  return lines.join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'flamegraph-bench-'));
writeFileSync(join(folder, 'a.folded'), folded());
spawnSync(process.execPath, [command, '--from', join(folder, 'a.folded'), '-o', join(folder, 'a.html')], { stdio: 'inherit' });
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const pages = [join(folder, 'a.html'), ...process.argv.slice(3).map((page) => resolve(page))];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' });
const times = new Map(pages.map((page) => [page, { load: [], 'load, processor': [], zoom: [], search: [] }]));
/** In the page: what is done, and until after the next paint. */
const painted = (act) => `new Promise((resolve) => { const start = performance.now(); (() => { ${act} })(); requestAnimationFrame(() => { setTimeout(() => { resolve(performance.now() - start); }); }); })`;

async function measure(file, into) {
  const page = await browser.newPage({ viewport: { width: 1360, height: 820 } });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(`file://${file}`);
  into.load.push(await page.evaluate(`new Promise((resolve) => { const done = () => { if (document.querySelector('g.frame') === null) requestAnimationFrame(done); else requestAnimationFrame(() => { setTimeout(() => { resolve(performance.now()); }); }); }; done(); })`));
  const { metrics } = await devtools.send('Performance.getMetrics');
  into['load, processor'].push(1000 * metrics.find(({ name }) => name === 'TaskDuration').value);
  await page.waitForSelector('.functions tr[data-index]');
  for (let step = 0; step < 5; step += 1)
    into.zoom.push(await page.evaluate(painted("const rects = [...document.querySelectorAll('.chart.whole g.frame:not(.fade) rect')]; const rect = rects[Math.min(2, rects.length - 1)]; const { x, y } = rect.getBoundingClientRect(); document.querySelector('.chart.whole .rows').dispatchEvent(new MouseEvent('click', { clientX: x + 3, clientY: y + 5, bubbles: true }));")));
  into.search.push(await page.evaluate(painted("const field = document.querySelector('input[type=search]'); field.value = 'ns7'; field.dispatchEvent(new Event('input'));")));
  await page.close();
}

for (let run = 0; run < runs; run += 1) for (const [file, into] of times) await measure(file, into);
await browser.close();
for (const [file, measured] of times) {
  process.stdout.write(`${file}: ${(statSync(file).size / 1e6).toFixed(1)} MB; medians (least, largest) of ${runs} loads\n`);
  for (const [name, values] of Object.entries(measured)) process.stdout.write(`${name.padEnd(15)} ${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)}, ${Math.max(...values).toFixed(0)})\n`);
}
rmSync(folder, { recursive: true });
