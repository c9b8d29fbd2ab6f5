/** The `stapkit` command: what the command line asks for. */
import { cleanCaches, runMain, versionOf } from '@stapkit/cli-kit';
import { manualText } from './manual.js';
import { STAPKIT_PAGE, createStapCommand, parseStapOptions, type StapOptions } from './options.js';
import { SERVE_WORD, serveSession } from './detached/serve.js';
import { runScript, say } from './run-script.js';
import { asksFor } from './subcommands.js';
import { listTools } from './tools.js';
import { withRcOptions } from './rc-file.js';

function cleanCache({ verbosity }: StapOptions): number {
  const { folder, files, bytes } = cleanCaches();
  if (verbosity > 0) say(`removed ${files} files of ${bytes} bytes from ${folder}`);
  return 0;
}

/** --download-debuginfo, for whatever asks servers later, by the variables that all of debuginfod's clients know. */
function setDownloads(when: string): void {
  if (when === 'no') process.env['DEBUGINFOD_URLS'] = '';
  else if (/^\d+$/.test(when)) process.env['DEBUGINFOD_TIMEOUT'] = when;
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv[2] === SERVE_WORD && process.send !== undefined) return serveSession('stapkit');
  if (asksFor('tools', argv.slice(2)) && argv.length === 3) {
    process.stdout.write(listTools());
    return 0;
  }
  if (asksFor('doctor', argv.slice(2))) return (await import('./doctor/doctor.js')).doctor(argv);
  // As stap has it, too.
  if (asksFor('language-server', argv.slice(2)) || argv[2] === '--language-server') return (await import('./language-server/server.js')).languageServer(argv);
  const version = versionOf(import.meta.url);
  const options = parseStapOptions(withRcOptions(argv), version);
  if (options.manual !== undefined) {
    process.stdout.write(manualText(STAPKIT_PAGE, createStapCommand(version), options.manual, version));
    return 0;
  }
  if (options.cleanCache) return cleanCache(options);
  if (options.downloads !== undefined) setDownloads(options.downloads);
  if (options.interactive) return (await import('./interactive/interactive.js')).runInteractive(options);
  return runScript(options);
}

void runMain('stapkit', main, 1);
