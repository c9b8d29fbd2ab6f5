/** Starts the page: reads the profile that stands in it, and shows it. */
import type { WriteOptions } from '../formats/format.js';
import { decodeProfile } from '../formats/native.js';
import { App } from './app.js';
import { element } from './dom.js';
import './style.css';

function start(): void {
  const root = document.getElementById('app');
  if (root === null) return;
  try {
    const { profile, view } = JSON.parse(document.getElementById('profile')?.textContent ?? '') as { readonly profile: unknown; readonly view: WriteOptions };
    new App(root, decodeProfile(profile), view);
  } catch (error) {
    root.replaceChildren(element('p', { class: 'failure' }, `This page cannot be shown: ${error instanceof Error ? error.message : String(error)}`));
    throw error;
  }
}

start();
