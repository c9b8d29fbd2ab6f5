/**
 * Folders in which separate debug files are looked for: SYSTEMTAP_DEBUGINFO_PATH, as stappaths(7) and elfutils' --debuginfo-path
 * have it.
 */

export interface DebugSearchPath {
  /** Folders that stand for /usr/lib/debug: with .build-id links, and with the folders of programs below. */
  readonly roots: readonly string[];
  /** Folders relative to the program's own: "" is that itself. */
  readonly beside: readonly string[];
}

export const DEFAULT_SEARCH_PATH: DebugSearchPath = { roots: ['/usr/lib/debug'], beside: ['', '.debug'] };

/**
 * Of "+:.debug:/usr/lib/debug:build": absolute folders are roots, others are relative to the program's folder. A "+" or "-" before a
 * folder says there whether the checksum of .gnu_debuglink must be right; here it always must.
 * @param text undefined or "": the default
 */
export function parseSearchPath(text: string | undefined): DebugSearchPath {
  if (text === undefined || text === '') return DEFAULT_SEARCH_PATH;
  const folders = text.split(':').map((one) => one.replace(/^[+-]/, '').replace(/(?<=.)\/+$/, ''));
  return { roots: folders.filter((one) => one.startsWith('/')), beside: folders.filter((one) => !one.startsWith('/')) };
}
