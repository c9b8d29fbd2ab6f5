/**
 * The page: one file that opens from disk without a network, or (split) a page whose code and style are files of their
 * own, for servers whose Content-Security-Policy forbids inline code.
 */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ProfileError } from '../profile/profile-error.js';
import { packProfile, unpackProfile } from '../profile/packed-profile.js';
import type { Profile } from '../profile/profile.js';
import { Trees, firstChoice } from '../view/trees.js';
import type { ProfileReader, WriteOptions } from './format.js';
import { decodeProfile, encodeProfile, openProfile } from './native.js';

/** The browser's part, bundled. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

export interface PageFile {
  readonly name: string;
  readonly content: string;
}

const FORMAT = 'flamegraph page';
/** Gzipped, in base64: a quarter of what it is as text, and read in a fraction of the time. */
const DATA_START = '<script type="application/gzip" id="profile">';
const DATA_END = '</script>';

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** JSON that cannot end the element it stands in. */
function embeddable(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

interface PageData {
  readonly profile: string;
  readonly view: WriteOptions;
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function page(title: string, data: PageData, head: string, foot: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${head}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="stapkit flamegraph">
<title>${escapeHtml(title)}</title>
</head>
<body>
<div id="app"><p>This flame graph is drawn by its script, which did not run. If a server's Content-Security-Policy forbids
inline code, write the page with <code>--split</code>.</p></div>
<script type="application/json" id="view">${embeddable(data.view)}</script>
${DATA_START}${data.profile}${DATA_END}
${foot}
</body>
</html>
`;
}

/**
 * The files of a page.
 * @param split the name of its files without their endings; undefined: everything is inline, in one nameless file
 */
export function pageFiles(profile: Profile, options: WriteOptions, assets: PageAssets, split?: string): readonly PageFile[] {
  const packed = packProfile(profile);
  const first = new Trees(packed).tree(firstChoice(packed, options));
  const data = { profile: gzipSync(encodeProfile(packed, first)).toString('base64'), view: options };
  const script = assets.script.replaceAll('</script', '<\\/script');
  if (split === undefined) {
    // What is not listed here cannot be loaded, whatever the data say.
    const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(assets.style)}; img-src data:; base-uri 'none'; form-action 'none'`;
    // Browsers ask for an icon: this one is none, and no file.
    const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<link rel="icon" href="data:,">\n<style>${assets.style}</style>`;
    return [{ name: '', content: page(options.title, data, head, `<script>${script}</script>`) }];
  }
  const url = encodeURIComponent(split);
  return [
    { name: `${split}.html`, content: page(options.title, data, `<link rel="stylesheet" href="${url}.css">`, `<script src="${url}.js"></script>`) },
    { name: `${split}.js`, content: assets.script },
    { name: `${split}.css`, content: assets.style },
  ];
}

/** Of an unpacked profile. */
const LARGEST_BYTES = 1024 ** 3;

function unpack(base64: string): Uint8Array {
  try {
    return gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: LARGEST_BYTES });
  } catch (error) {
    throw new ProfileError(FORMAT, undefined, `its profile cannot be unpacked: ${(error as Error).message}`);
  }
}

/** A page written here holds its profile whole. */
export const pageReader: ProfileReader = {
  name: FORMAT,
  recognizes: (_bytes, text) => text.startsWith('<!doctype html>') && text.includes('stapkit flamegraph'),
  read: (bytes) => {
    const text = new TextDecoder().decode(bytes);
    const start = text.indexOf(DATA_START);
    const end = text.indexOf(DATA_END, start);
    if (start < 0 || end < 0) throw new ProfileError(FORMAT, undefined, 'its profile is missing: the file is cut short, or another program made it');
    return unpackProfile(decodeProfile(openProfile(unpack(text.slice(start + DATA_START.length, end)))));
  },
};
