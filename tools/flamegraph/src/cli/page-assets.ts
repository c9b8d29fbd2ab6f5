/** The page's script and style, as the build bundled them. */
import { readFileSync } from 'node:fs';
import type { PageAssets } from '../formats/html.js';

/** They lie in dist/page, beside the folder of this module and beside that of the bundle. */
export function readPageAssets(): PageAssets {
  const read = (name: string): string => readFileSync(new URL(`../page/${name}`, import.meta.url), 'utf8');
  return { script: read('page.js'), style: read('page.css') };
}
