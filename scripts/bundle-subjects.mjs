/** The tools by subject, as `stapkit tools` lists them: of the packages in tools/. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');

/** Both in the order in which they are listed. */
const SUBJECTS = {
  'Files and disks': ['strace-open', 'accessed-files', 'iotime', 'disk-latency'],
  Network: ['tcp-connections', 'tcp-state', 'tcp-life', 'tcp-trace', 'tcp-retrans', 'tfo-watch', 'who-sent-it', 'nettop', 'varnish-cl'],
  'Processes and system calls': ['execsnoop', 'syscall-trace', 'syscount'],
  'Processors and waiting': ['flamegraph', 'cpu-hogs', 'off-cpu', 'runq-latency', 'epoll-blocking'],
  'Functions and memory': ['para-callgraph', 'thread-indent', 'func-latency', 'func-count', 'memory-leak', 'check-debug-info'],
};
/** Of tools that no subject names. */
const OTHERS = 'Others';

/** Each with its command, one sentence, npm's name of its package, and subject. */
export function toolsBySubject() {
  const places = new Map(Object.entries(SUBJECTS).flatMap(([subject, names]) => names.map((name) => [name, subject])));
  const order = [...places.keys()];
  const place = ({ name }) => (places.has(name) ? order.indexOf(name) : order.length);
  const manifests = readdirSync(join(root, 'tools')).map((folder) => join(root, 'tools', folder, 'package.json')).filter((path) => existsSync(path)).map((path) => JSON.parse(readFileSync(path, 'utf8')));
  const tools = manifests.filter(({ bin }) => bin?.stapkit === undefined).flatMap(({ name, description, bin = {} }) => Object.keys(bin).map((command) => ({ name: command, summary: description, package: name, subject: places.get(command) ?? OTHERS })));
  return tools.sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}
