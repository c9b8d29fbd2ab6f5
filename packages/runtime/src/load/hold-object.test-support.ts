/** A process that loads and attaches an object, says so, and waits to be killed. */
import { readFileSync } from 'node:fs';
import { linuxKernel } from '../sys/linux.js';
import { loadObject } from './load-object.js';

const object = loadObject(linuxKernel(), readFileSync(process.argv[2] ?? ''));
object.attach({});
process.stdout.write('attached\n');
setInterval(() => object.metadata, 1000);
