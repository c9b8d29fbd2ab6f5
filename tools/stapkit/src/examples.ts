/** --example: a script by its name, among those that SystemTap brings. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '@stapkit/cli-kit';

/** Where distributions put them: Debian's systemtap-doc, Fedora's and SystemTap's own place. */
const FOLDERS = ['/usr/share/systemtap/examples', '/usr/share/doc/systemtap-doc/examples', '/usr/share/doc/systemtap/examples', '/usr/local/share/systemtap/examples'];

/** Path of the example. @throws UsageError when there is none of the name */
export function findExample(name: string, folders: readonly string[] = FOLDERS): string {
  const there = folders.filter((folder) => existsSync(folder));
  for (const folder of there) {
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => basename(path) === name && statSync(join(folder, path)).isFile());
    if (found !== undefined) return join(folder, found);
  }
  throw new UsageError(there.length === 0 ? 'there are no examples on this machine' : `no example is named '${name}' in ${there.join(', ')}`, there.length === 0 ? 'apt install systemtap-doc' : undefined, 1);
}
