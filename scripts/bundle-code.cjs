/**
 * node scripts/bundle-code.cjs BUNDLE-FOLDER COMMAND: writes V8's compiled form of each script that the command loads. It has the
 * functions that ran until then, so the command runs here, asked for something that needs no privileges; where it cannot do it
 * (no BTF), it says so, fewer functions are in it and nothing else is lost.
 */
'use strict';
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const [folder, name] = process.argv.slice(2);
const { start, loaded, codeFile } = require(join(folder, 'start.cjs'));
const work = mkdtempSync(join(tmpdir(), 'stapkit-bundle-'));
process.on('exit', () => {
  for (const [file, { script }] of loaded) writeFileSync(codeFile(file), script.createCachedData());
  if (process.exitCode !== 0) say(`only a part of ${name} is precompiled: it ended with status ${process.exitCode}: ${said}\n`);
  process.chdir('/');
  rmSync(work, { recursive: true });
  process.exitCode = 0;
});
const say = process.stdout.write.bind(process.stdout);
let said = '';
process.stdout.write = () => true;
process.stderr.write = (text) => { said += text; return true; };
process.chdir(work);
process.env.STAPKIT_NO_CACHE = '1';
const words = name === 'stapkit' ? ['-w', '-p4', '-m', 'warm', join(__dirname, 'bundle-warm-up.stp')] : ['--help'];
process.argv = [process.execPath, join(folder, name), ...words];
start(name);
