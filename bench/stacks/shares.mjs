// Known shares of time in functions that node compiles.
import { readSync, writeSync } from 'node:fs';
let sink = 0;
const used = () => { const { user, system } = process.cpuUsage(); return (user + system) * 1000; };
function hot(until) { do for (let i = 0; i < 200_000; i++) sink = (sink * 31 + i) | 0; while (used() < until); }
function warm(until) { do for (let i = 0; i < 200_000; i++) sink = (sink * 37 + i) | 0; while (used() < until); }
function recursing(depth, until) { if (depth > 0) recursing(depth - 1, until); else do for (let i = 0; i < 200_000; i++) sink = (sink * 41 + i) | 0; while (used() < until); }
const end = Number(process.argv[2] ?? 1) * 1e9;
// Compiled, before anybody looks.
for (let k = 0; k < 300; k++) { hot(0); warm(0); recursing(10, 0); }
writeSync(1, 'ready\n');
readSync(0, Buffer.alloc(1));
const took = [0, 0, 0];
const start = used();
for (let now = start; now - start < end;) {
  [hot, warm, (until) => recursing(10, until)].forEach((work, phase) => {
    work(now + 40e6 * [0.5, 0.3, 0.2][phase]);
    const after = used();
    took[phase] += after - now;
    now = after;
  });
}
const all = used() - start;
['hot', 'warm', 'recursing'].forEach((name, phase) => { writeSync(1, `share ${name} ${(took[phase] / all).toFixed(4)}\n`); });
writeSync(1, 'done\n');
readSync(0, Buffer.alloc(1));
