/** Starts the page: reads the profile that stands in it, and shows it. */
import type { WriteOptions } from '../formats/format.js';
import { decodeProfile, decodeTree, openProfile } from '../formats/native.js';
import { Trees, firstChoice } from '../view/trees.js';
import { App } from './app.js';
import { element } from './dom.js';
import './style.css';

const textOf = (id: string): string => document.getElementById(id)?.textContent ?? '';

/** What newer browsers do at once. */
interface Base64Bytes { readonly fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as Base64Bytes;
  if (fromBase64 !== undefined) return fromBase64.call(Uint8Array, base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

async function unpack(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer());
}

async function start(root: HTMLElement): Promise<void> {
  // Not the words for those whose browser does not run this.
  root.replaceChildren();
  try {
    const view = JSON.parse(textOf('view')) as WriteOptions;
    const file = openProfile(await unpack(bytesOf(textOf('profile'))));
    const profile = decodeProfile(file);
    const trees = new Trees(profile);
    const choice = firstChoice(profile, view);
    const first = decodeTree(file, trees.table(choice.grouping).functions);
    if (first !== undefined) trees.add(choice, first);
    new App(root, trees, view);
  } catch (error) {
    root.replaceChildren(element('p', { class: 'failure' }, `This page cannot be shown: ${error instanceof Error ? error.message : String(error)}`));
    throw error;
  }
}

const root = document.getElementById('app');
if (root !== null) void start(root);
