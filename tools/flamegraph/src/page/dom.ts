/** Elements by function call. Styles go through the CSSOM: a strict Content-Security-Policy allows no style attributes. */
type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** @param attributes `true` sets an empty one, `false` and undefined leave it out */
export function element<Name extends keyof HTMLElementTagNameMap>(name: Name, attributes: Attributes = {}, ...children: readonly Child[]): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : String(value));
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export function button(label: string, attributes: Attributes, onClick: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', ...attributes }, label);
  made.addEventListener('click', onClick);
  return made;
}

/** Buttons of which one is pressed. `show` tells which. */
export function segmented<Value extends string>(label: string, choices: readonly (readonly [value: Value, text: string, title: string])[], choose: (value: Value) => void): { readonly root: HTMLElement; readonly show: (value: Value) => void } {
  const buttons = choices.map(([value, text, title]) => [value, button(text, { title }, () => { choose(value); })] as const);
  return {
    root: element('div', { class: 'segmented', role: 'group', 'aria-label': label }, ...buttons.map(([, made]) => made)),
    show: (value) => { for (const [own, made] of buttons) made.setAttribute('aria-pressed', String(own === value)); },
  };
}

export function choice<Value extends string>(label: string, choices: readonly (readonly [value: Value, text: string])[], choose: (value: Value) => void): { readonly root: HTMLElement; readonly show: (value: Value) => void } {
  const select = element('select', { 'aria-label': label, title: label }, ...choices.map(([value, text]) => element('option', { value }, text)));
  select.addEventListener('change', () => { choose(select.value as Value); });
  return { root: element('label', { class: 'choice' }, element('span', {}, label), select), show: (value) => { select.value = value; } };
}

/** Whether keys go into a field rather than to the page. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}

/** Does something when what is in the document now has been painted; gives what calls it off. A page in the background paints nothing and waits. */
export function afterPaint(act: () => void): () => void {
  let timer: number | undefined;
  const frame = window.requestAnimationFrame(() => { timer = window.setTimeout(act); });
  return () => { window.cancelAnimationFrame(frame); window.clearTimeout(timer); };
}
