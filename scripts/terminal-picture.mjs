#!/usr/bin/env node
/**
 * node scripts/terminal-picture.mjs OUT.svg COMMAND…: runs each command in a terminal of 88 columns (tmux), and draws what it shows, with
 * its colours, below its prompt. `COMMAND ## SHOWN` shows another text than it runs. Nothing is made up: what is drawn is what tmux says
 * is on the screen; lines beyond 14 are told of.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COLUMNS = 88;
const LINES_EACH = 14;
const [FONT, LINE] = [13, 18];
const CHARACTER = 7.83;
const COLOURS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341' };

/** The screen of a command as lines with SGR sequences. */
function screenOf(command) {
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-picture-'));
  const tmux = (...args) => spawnSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' });
  try {
    writeFileSync(join(folder, 'command.sh'), `${command}\ntmux -S ${folder}/socket wait-for -S ended\nsleep 60\n`);
    tmux('new-session', '-d', '-x', String(COLUMNS), '-y', '200', `sh ${join(folder, 'command.sh')}`);
    tmux('wait-for', 'ended');
    return tmux('capture-pane', '-e', '-p').stdout.trimEnd().split('\n');
  } finally {
    tmux('kill-server');
    rmSync(folder, { recursive: true });
  }
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A line's spans: bold, dim and colours; what else SGR knows is left out. */
function spans(line) {
  let style = {};
  return line.split(/(\x1b\[[0-9;]*m)/).map((part) => {
    if (!part.startsWith('\x1b')) {
      const attributes = `${style.bold ? ' font-weight="bold"' : ''}${style.dim ? ' opacity="0.6"' : ''}${style.colour === undefined ? '' : ` fill="${style.colour}"`}`;
      return part === '' ? '' : attributes === '' ? escaped(part) : `<tspan${attributes}>${escaped(part)}</tspan>`;
    }
    for (const code of part.slice(2, -1).split(';').map(Number)) {
      if (code === 0) style = {};
      else if (code === 1) style = { ...style, bold: true };
      else if (code === 2) style = { ...style, dim: true };
      else if (code === 22) style = { ...style, bold: false, dim: false };
      else if (code === 39) style = { ...style, colour: undefined };
      else if (code in COLOURS) style = { ...style, colour: COLOURS[code] };
    }
    return '';
  }).join('');
}

const [out = '', ...commands] = process.argv.slice(2);
const lines = commands.flatMap((given, index) => {
  const [command = '', shown = command] = given.split(' ## ');
  const screen = screenOf(command);
  const kept = screen.length <= LINES_EACH ? screen : [...screen.slice(0, LINES_EACH - 1), `\x1b[2m… ${screen.length - LINES_EACH + 1} more lines\x1b[0m`];
  return [...(index === 0 ? [] : ['']), `\x1b[32m#\x1b[0m \x1b[1m${shown}\x1b[0m`, ...kept];
});
const [width, height] = [Math.ceil(COLUMNS * CHARACTER + 32), lines.length * LINE + 28];
const text = lines.map((line, row) => `<text x="16" y="${row * LINE + 26}">${spans(line)}</text>`).join('\n');
writeFileSync(out, `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT}" fill="#e6edf3" style="white-space: pre">
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
${text}
</svg>
`);
