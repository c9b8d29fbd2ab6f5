/** The tip beside the pointer. */
import type { Described } from '../view/describe.js';
import { element } from './dom.js';

const AWAY = 14;

export class Tip {
  readonly root = element('div', { class: 'tip', role: 'tooltip', hidden: true });

  show(described: Described, x: number, y: number): void {
    const { name, kind, module, source, numbers } = described;
    this.root.replaceChildren(
      element('p', { class: 'tip-name' }, name),
      ...(kind === undefined && module === undefined ? [] : [element('p', { class: 'tip-where' }, [kind, module].filter((text) => text !== undefined).join(' \u00b7 '))]),
      ...(source === undefined ? [] : [element('p', { class: 'tip-where' }, source)]),
      element('dl', {}, ...numbers.flatMap(([label, text]) => [element('dt', {}, label), element('dd', {}, text)])),
    );
    this.root.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const left = x + AWAY + width > window.innerWidth ? Math.max(4, x - AWAY - width) : x + AWAY;
    const top = y + AWAY + height > window.innerHeight ? Math.max(4, y - AWAY - height) : y + AWAY;
    Object.assign(this.root.style, { left: `${left}px`, top: `${top}px` });
  }

  hide(): void {
    this.root.hidden = true;
  }
}
