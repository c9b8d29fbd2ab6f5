/** What testing/programs/file-work says that it did, parent and child. */
export interface FileWork {
  readonly opens: number;
  readonly missing: number;
  readonly reads: number;
  readonly read_bytes: number;
  readonly writes: number;
  readonly written_bytes: number;
}

/** Started in a folder of its own. */
export const FILE_WORK = 'FOLDER=$(mktemp -d); $PROGRAMS/file-work $FOLDER; rmdir $FOLDER';

/** Of its lines "parent opens 2 missing 1 …". */
export function fileWorkSaid(text: string, who: 'parent' | 'child'): FileWork {
  const line = new RegExp(`^${who} (.*)$`, 'm').exec(text)?.[1] ?? '';
  return Object.fromEntries([...line.matchAll(/(\w+) (\d+)/g)].map(([, name = '', count]) => [name, Number(count)] as const)) as Record<keyof FileWork, number>;
}
