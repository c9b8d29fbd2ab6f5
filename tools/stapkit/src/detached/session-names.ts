/** Where sessions that run in the background are found: a socket each, named like the session, in a folder of the user's own. */
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@stapkit/cli-kit';

const SUFFIX = '.session';
/** Of a socket's path there are 107 bytes; module names have 63 at most, too. */
const NAME_MAX = 63;

/** Of root one place whatever the environment says, so that -A of another shell finds what -F of this one began. */
function sessionsFolder(): string {
  if (process.geteuid?.() === 0) return '/run/stapkit';
  const own = process.env['XDG_RUNTIME_DIR'];
  return own === undefined || own === '' ? join(tmpdir(), `stapkit-${process.geteuid?.() ?? 0}`) : join(own, 'stapkit');
}

/** The socket's path; makes its folder, which must be nobody else's. @throws UsageError */
export function sessionSocket(name: string): string {
  if (!/^[\w.-]+$/.test(name) || name.length > NAME_MAX) throw new UsageError(`'${name}' is no name of a session`, `letters, digits and _ are, at most ${NAME_MAX}`, 1);
  const folder = sessionsFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new UsageError(`cannot make the folder of sessions '${folder}': ${(error as Error).message}`, undefined, 1);
  }
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.geteuid?.() || (stat.mode & 0o022) !== 0) throw new UsageError(`'${folder}' belongs to somebody else, or can be written by others`, `remove it, or: chown root ${folder}; chmod 700 ${folder}`, 1);
  return join(folder, `${name}${SUFFIX}`);
}

/** Names of those that are there, and of such as were killed. */
export function sessionNames(): readonly string[] {
  try {
    return readdirSync(sessionsFolder()).filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length)).sort();
  } catch {
    return [];
  }
}
