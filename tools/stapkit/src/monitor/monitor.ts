/** --monitor: the status of the running session above its output, and keys that act on it; elsewhere an object at each interval. */
import { LiveScreen, UsageError } from '@stapkit/cli-kit';
import type { ObjectMetadata } from '@stapkit/object';
import type { SessionMonitor } from '@stapkit/runtime';
import { SORTS, statusJson, statusLines, type Sort, type Status } from './status.js';

export interface MonitorOptions {
  readonly intervalSeconds: number;
  /** Output that goes to no file is shown. */
  readonly keepsOutput: boolean;
  /** Objects also on a terminal. */
  readonly json: boolean;
}

/** Lines of output that are kept for scrolling, and shown below the prompt at the end. */
const KEPT_LINES = 10_000;
const HELP = 'c reset globals  s sort  t toggle a probe  r resume all  p pause all  x hide the status  Tab, arrows: scroll  ^C end';

export class Monitor {
  readonly #options: MonitorOptions;
  readonly #name: string;
  readonly #isScreen: boolean;
  readonly #started = performance.now();
  readonly #screen: LiveScreen;
  #session: SessionMonitor | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What the script printed, in lines, the last of which may be without its end. */
  #lines: string[] = [''];
  #dropped = 0;
  #sort: Sort = 'index';
  #hidden = false;
  #scrollsStatus = false;
  readonly #scroll = { status: 0, output: 0 };
  /** Digits of the index that `t` asks for. */
  #asked: string | undefined;

  /** @throws UsageError for an object that was not compiled for it */
  constructor(options: MonitorOptions, metadata: ObjectMetadata | undefined) {
    this.#options = options;
    this.#name = metadata?.name ?? '';
    this.#isScreen = process.stdout.isTTY && !options.json;
    this.#screen = new LiveScreen({
      get columns() { return process.stdout.columns; },
      get rows() { return process.stdout.rows; },
      write: (text) => { process.stdout.write(text); },
    });
  }

  /** Takes the script's output: on a terminal it is shown below the status. */
  get takesOutput(): boolean {
    return this.#isScreen && this.#options.keepsOutput;
  }

  output(bytes: Uint8Array): void {
    const [first = '', ...rest] = Buffer.from(bytes).toString('utf8').split('\n');
    this.#lines[this.#lines.length - 1] = `${this.#lines.at(-1) ?? ''}${first}`;
    for (const line of rest) this.#lines.push(line); // may be very many: no spread
    const more = this.#lines.length - KEPT_LINES;
    if (more > 0) {
      this.#lines = this.#lines.slice(more);
      this.#dropped += more;
    }
  }

  /** The probes are armed. */
  begin(session: SessionMonitor): void {
    if (!session.isPossible) throw new UsageError('the object keeps no times of its probes', 'compile it with stapkit --monitor -p4', 1);
    this.#session = session;
    this.#timer = setInterval(() => { this.#show(); }, this.#options.intervalSeconds * 1000);
    if (this.#isScreen) {
      process.stdout.on('resize', this.#show);
      if (process.stdin.isTTY) {
        process.stdin.setRawMode(true).resume().setEncoding('latin1').on('data', this.#key);
      }
    }
    this.#show();
  }

  /** Back to the terminal as it was, with the output below. */
  end(): void {
    if (this.#session === undefined) return;
    clearInterval(this.#timer);
    this.#session = undefined;
    process.stdout.off('resize', this.#show);
    if (this.#isScreen && process.stdin.isTTY) process.stdin.off('data', this.#key).setRawMode(false).pause();
    if (!this.#isScreen) return;
    this.#screen.leave(); // below the prompt stays what was shown last
    if (this.#dropped > 0) process.stderr.write(`WARNING: ${this.#dropped} lines of output were shown and not kept: -o FILE keeps all\n`);
    process.stdout.write(this.#lines.join('\n'));
  }

  #status(session: SessionMonitor): Status {
    return {
      name: this.#name, uid: process.getuid?.() ?? 0, uptimeSeconds: Math.round((performance.now() - this.#started) / 100) / 10,
      mapBytes: session.mapBytes, processBytes: process.memoryUsage.rss(), globals: session.globals(), probes: session.probes(),
    };
  }

  readonly #show = (): void => {
    if (this.#session === undefined) return;
    const status = this.#status(this.#session);
    if (!this.#isScreen) {
      process.stdout.write(statusJson(status));
      return;
    }
    const rows = process.stdout.rows;
    const all = this.#hidden ? [] : [...statusLines(status, this.#sort), ''];
    const statusRows = Math.min(all.length, Math.max(6, Math.floor(rows / 2)));
    // The head stays; what is below it scrolls.
    const head = all.slice(0, Math.min(4, all.length));
    const at = Math.min(this.#scroll.status, Math.max(0, all.length - statusRows));
    const top = [...head, ...all.slice(head.length + at, statusRows + at)];
    const room = Math.max(1, rows - top.length - 1);
    const end = Math.max(0, this.#lines.length - Math.min(this.#scroll.output, Math.max(0, this.#lines.length - room)));
    const below = this.#lines.slice(Math.max(0, end - room), end);
    const line = this.#asked === undefined ? HELP : `index of the probe to toggle, then Enter: ${this.#asked}`;
    this.#screen.show([...top, ...below, ...Array.from({ length: Math.max(0, room - below.length) }, () => ' '), line].join('\n'));
  };

  /** Keys come in pieces of any size. */
  readonly #key = (keys: string): void => {
    for (const [key] of keys.matchAll(/\x1b\[[A-D56]~?|[^]/g)) this.#press(key);
    this.#show();
  };

  #press(key: string): void {
    const session = this.#session;
    if (session === undefined) return;
    if (key === '\x03') process.kill(process.pid, 'SIGINT');
    else if (this.#asked !== undefined) this.#answer(session, key);
    else if (key === 'c') session.reset();
    else if (key === 's') this.#sort = SORTS[(SORTS.indexOf(this.#sort) + 1) % SORTS.length] ?? 'index';
    else if (key === 't') this.#asked = '';
    else if (key === 'r') session.toggleAll(true);
    else if (key === 'p') session.toggleAll(false);
    else if (key === 'x') this.#hidden = !this.#hidden;
    else if (key === '\t') this.#scrollsStatus = !this.#scrollsStatus;
    else this.#move(key);
  }

  #answer(session: SessionMonitor, key: string): void {
    if (/^\d$/.test(key)) this.#asked = `${this.#asked ?? ''}${key}`;
    else if (key === '\x7f' || key === '\b') this.#asked = this.#asked?.slice(0, -1);
    else {
      const index = this.#asked === '' || key === '\x1b' ? -1 : Number(this.#asked);
      if (session.probes().some(({ probe }) => probe === index)) session.toggle(index);
      this.#asked = undefined;
    }
  }

  /** Arrows and Page Up, Page Down. The output's end is where it follows what comes. */
  #move(key: string): void {
    const steps: Readonly<Record<string, number>> = { '\x1b[A': 1, '\x1b[B': -1, '\x1b[5~': 10, '\x1b[6~': -10 };
    const step = Object.hasOwn(steps, key) ? (steps[key] ?? 0) : 0;
    if (this.#scrollsStatus) this.#scroll.status = Math.max(0, this.#scroll.status - step);
    else this.#scroll.output = Math.max(0, this.#scroll.output + step);
  }
}
