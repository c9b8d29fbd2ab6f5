#!/usr/bin/env node
/** Bundles what runs in the browser, with its libraries and style, to dist/page/page.js and page.css. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const tool = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const out = join(tool, 'dist/page');
mkdirSync(out, { recursive: true });
const NOTICE = `/*! stapkit flamegraph, Apache-2.0. Contains d3-flame-graph (Apache-2.0, Martin Spier and others) and
modules of D3 (ISC, https://github.com/d3/d3/blob/main/LICENSE, Copyright Mike Bostock). */`;
await build({
  entryPoints: { page: join(tool, 'src/page/main.ts') },
  outdir: out,
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: ['chrome109', 'firefox115', 'safari16'],
  minify: true,
  legalComments: 'none',
  banner: { js: NOTICE },
  logLevel: 'warning',
});
