/** --example: a script by its name, among those that SystemTap brings. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '@stapkit/cli-kit';

/** Where distributions put them: Debian's systemtap-doc, Fedora's and SystemTap's own place. */
const FOLDERS = ['/usr/share/systemtap/examples', '/usr/share/doc/systemtap-doc/examples', '/usr/share/doc/systemtap/examples', '/usr/local/share/systemtap/examples'];

export interface Example {
  /** Path below the folder of examples. */
  readonly name: string;
  readonly path: string;
}

/** All files of the first folder that is there. @throws UsageError when there is none */
export function listExamples(folders: readonly string[] = FOLDERS): readonly Example[] {
  const folder = folders.find((one) => existsSync(one));
  if (folder === undefined) throw new UsageError('there are no examples on this machine', 'apt install systemtap-doc', 1);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => ({ name, path: join(folder, name) })).filter(({ path }) => statSync(path).isFile()).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Path of the example. @throws UsageError when there is none of the name */
export function findExample(name: string, folders: readonly string[] = FOLDERS): string {
  const there = folders.filter((folder) => existsSync(folder));
  for (const folder of there) {
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => basename(path) === name && statSync(join(folder, path)).isFile());
    if (found !== undefined) return join(folder, found);
  }
  throw new UsageError(there.length === 0 ? 'there are no examples on this machine' : `no example is named '${name}' in ${there.join(', ')}`, there.length === 0 ? 'apt install systemtap-doc' : undefined, 1);
}
