/** Keys of the page. */
import { button, element, isTyping } from './dom.js';

export type Command = 'search' | 'next' | 'previous' | 'zoom' | 'out' | 'reset' | 'sandwich' | 'reverse' | 'icicle' | 'copy' | 'theme' | 'table' | 'help' | 'up' | 'down' | 'left' | 'right';

const KEYS: Readonly<Record<string, Command>> = {
  '/': 'search', n: 'next', N: 'previous', Enter: 'zoom', ' ': 'zoom', Backspace: 'out', Escape: 'out', 0: 'reset', Home: 'reset', s: 'sandwich', r: 'reverse', i: 'icicle', c: 'copy', d: 'theme', t: 'table', '?': 'help',
  ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right',
};

/** Those that need the graph: elsewhere they scroll, press buttons and choose. */
const OF_GRAPH: ReadonlySet<Command> = new Set(['zoom', 'up', 'down', 'left', 'right']);

const HELP: readonly (readonly [keys: string, what: string])[] = [
  ['\u2190 \u2191 \u2192 \u2193', 'go from frame to frame'], ['Enter', 'zoom into the frame'], ['Esc', 'one step out'], ['0', 'show all'], ['/', 'search'], ['n  N', 'next, previous frame found'],
  ['s', 'callers and callees of the function'], ['i', 'flame or icicle'], ['r', 'stacks by caller or by callee'], ['t', 'table of functions'], ['c', 'copy as folded stacks'], ['d', 'dark or light'], ['?', 'these keys'],
];

/** @param graph whether the keyboard's focus is in a graph */
export function listenToKeys(run: (command: Command) => void, graph: () => boolean): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target)) {
      if (event.key !== 'Escape' || !(event.target instanceof HTMLElement)) return;
      // By itself the field would be emptied, and the search would go on.
      event.preventDefault();
      event.target.blur();
      return;
    }
    const command = KEYS[event.key];
    if (command === undefined || (OF_GRAPH.has(command) && !graph()) || document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    run(command);
  });
}

export function helpDialog(): HTMLDialogElement {
  const dialog = element('dialog', { class: 'help', 'aria-label': 'Keys' }, element('h2', {}, 'Keys'), element('dl', {}, ...HELP.flatMap(([keys, what]) => [element('dt', {}, element('kbd', {}, keys)), element('dd', {}, what)])));
  dialog.append(button('Close', { class: 'plain' }, () => { dialog.close(); }));
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  return dialog;
}
