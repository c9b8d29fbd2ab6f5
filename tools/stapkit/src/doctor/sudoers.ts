/** The sudoers rule for members of stapusr. It is printed, for root to look at and install. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError, resolveCommandPath } from '@stapkit/cli-kit';
import { COMMON_FOLDER, changeableBy } from '../approved-objects.js';

export interface SudoersRule {
  /** stapkit-run, as users call it. */
  readonly command: string;
  /** Folder of node, which the command is a script of. */
  readonly nodeFolder: string;
}

/** Spaces, commas and the like have a meaning in sudoers(5). */
const escaped = (path: string): string => path.replaceAll(/[\\,:=" ]/g, (character) => `\\${character}`);

export function sudoersText({ command, nodeFolder }: SudoersRule): string {
  return `# Members of group stapusr run, by sudo stapkit-run --stapusr NAME, objects that root has approved:
# files of root's in ${COMMON_FOLDER}/ or /lib/modules/RELEASE/systemtap/.
# To install it, as root:
#   stapkit doctor --install-sudoers > stapkit.sudoers && visudo -c -f stapkit.sudoers &&
#     install -m 0440 stapkit.sudoers /etc/sudoers.d/stapkit
#   groupadd --system stapusr; usermod -aG stapusr USER
#   stapkit -p4 -m NAME SCRIPT && install -D -m 0644 NAME.o -t ${COMMON_FOLDER}
Cmnd_Alias STAPKIT_RUN = ${escaped(command)} --stapusr *
Defaults!STAPKIT_RUN env_reset, !setenv, always_set_home
Defaults!STAPKIT_RUN secure_path="${[...new Set([nodeFolder, dirname(command), '/usr/sbin', '/usr/bin', '/sbin', '/bin'])].join(':')}"
%stapusr ALL = (root) NOPASSWD: STAPKIT_RUN
`;
}

/** stapkit-run along PATH, else the one beside this command. */
function commandPath(): string {
  const found = resolveCommandPath('stapkit-run');
  if (found !== undefined) return found;
  return fileURLToPath(new URL('../../../bin/stapkit-run.js', import.meta.url)).replace(/\/dist\/bin\//, '/bin/');
}

/**
 * The rule for what is installed here. What runs as root for others must not be changed by others.
 * @throws UsageError naming what could be
 */
export function sudoersRule(command = commandPath(), node = process.execPath): string {
  for (const path of new Set([command, realpathSync(command), realpathSync(node)])) {
    const changeable = changeableBy(path);
    if (changeable !== undefined) throw new UsageError(`no rule for ${command}: ${changeable}, and could put other code in root's place`, 'install node and stapkit as root (sudo npm install -g), and print the rule there', 1);
  }
  return sudoersText({ command, nodeFolder: dirname(node) });
}
