/** flamegraph without a process or a command samples the whole machine, which only a guest has to itself; and waits by the tracepoint of the oldest and the newest kernel. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildPrograms } from '../programs.js';
import type { MakePart } from './parts.js';

export const flamegraphPart: MakePart = (guest) => ({
  name: 'flamegraph',
  async prepare() {
    buildPrograms(['chain'], join(guest.folder, 'programs'));
    // Of one name: our own process is the other that computes, and looking for node's names takes a guest half a minute.
    // The program computes while samples are taken, and stands still while flamegraph compiles and looks for names: they share one processor.
    guest.check('flamegraph', `$OUT/programs/chain 120 & CHAIN=$!; kill -STOP $CHAIN
STAPKIT_NOTIFY_ARMED=1 flamegraph -d 3 --comm chain --format folded 2> /tmp/armed & TOOL=$!
until grep -q __STAPKIT_ARMED /tmp/armed; do kill -0 $TOOL || break; sleep 0.1; done
kill -CONT $CHAIN; sleep 1; kill -STOP $CHAIN
wait $TOOL; STATUS=$?; kill -KILL $CHAIN; exit $STATUS`);
    guest.check('flamegraph-off-cpu', 'flamegraph --off-cpu --kernel -c "sleep 0.3" --format folded');
    await Promise.resolve();
  },
  declareTests() {
    test('whatever runs', () => {
      const { stdout, status } = guest.result('flamegraph');
      expect(status).toBe(0);
      expect(stdout).toMatch(/^(?:[^;\n]+;)*main;outer;middle;inner \d+$/m);
    });

    test('time that a program sleeps', () => {
      const { stdout, status } = guest.result('flamegraph-off-cpu');
      expect(status).toBe(0);
      const slept = [...stdout.matchAll(/^.*nanosleep_\[k\];.*schedule_\[k\] (\d+)$/gm)].reduce((total, [, ns]) => total + Number(ns), 0);
      expect(slept).toBeGreaterThanOrEqual(300e6);
    });
  },
});
