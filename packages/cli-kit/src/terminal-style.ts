/** Colour, where a person wants it. */
import { styleText } from 'node:util';

export type TerminalStyle = 'bold' | 'red' | 'green' | 'yellow' | 'dim';

/**
 * Is there to be colour? `auto`: on a terminal that is not dumb, unless NO_COLOR is set to something (no-color.org).
 * @param terminal the output goes to one
 */
export function wantsColor(when: 'auto' | 'always' | 'never', terminal: boolean, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (when !== 'auto') return when === 'always';
  return terminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}

/** The text in this style. */
export function styled(style: TerminalStyle | undefined, text: string): string {
  return style === undefined ? text : styleText(style, text, { validateStream: false });
}

/** How many columns a text takes when styles are taken away. Names and paths count a character as a column. */
export function visibleLength(text: string): number {
  return text.replace(/\x1b\[[0-9;]*m/g, '').length;
}
