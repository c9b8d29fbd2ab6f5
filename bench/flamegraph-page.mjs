#!/usr/bin/env node
/**
 * node bench/flamegraph-page.mjs [RUNS]: a profile of 100,000 distinct frames as a page in headless Chromium: how long until
 * the graph is painted, and how long from a click on a frame (or a letter of a search) to the next paint.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' });
const times = { load: [], zoom: [], search: [] };
/** In the page: what is done, and until after the next paint. */
const painted = (act) => `new Promise((resolve) => { const start = performance.now(); (() => { ${act} })(); requestAnimationFrame(() => { setTimeout(() => { resolve(performance.now() - start); }); }); })`;
for (let run = 0; run < runs; run += 1) {
  const page = await browser.newPage({ viewport: { width: 1360, height: 820 } });
  await page.goto(`file://${join(folder, 'a.html')}`);
  times.load.push(await page.evaluate(`new Promise((resolve) => { const done = () => { if (document.querySelector('g.frame') === null) requestAnimationFrame(done); else requestAnimationFrame(() => { setTimeout(() => { resolve(performance.now()); }); }); }; done(); })`));
  await page.waitForSelector('.functions tr[data-index]');
  for (let step = 0; step < 5; step += 1)
    times.zoom.push(await page.evaluate(painted("const rects = [...document.querySelectorAll('.chart.whole g.frame:not(.fade) rect')]; const rect = rects[Math.min(2, rects.length - 1)]; const { x, y } = rect.getBoundingClientRect(); document.querySelector('.chart.whole .rows').dispatchEvent(new MouseEvent('click', { clientX: x + 3, clientY: y + 5, bubbles: true }));")));
  times.search.push(await page.evaluate(painted("const field = document.querySelector('input[type=search]'); field.value = 'ns7'; field.dispatchEvent(new Event('input'));")));
  await page.close();
}
await browser.close();
process.stdout.write(`page of ${(statSync(join(folder, 'a.html')).size / 1e6).toFixed(1)} MB; medians (largest) of ${runs} loads\n`);
for (const [name, values] of Object.entries(times)) process.stdout.write(`${name.padEnd(7)} ${median(values).toFixed(0)} ms (${Math.max(...values).toFixed(0)})\n`);
rmSync(folder, { recursive: true });
