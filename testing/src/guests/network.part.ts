/** The network tools in guests, all at work on one run of programs/network.py: the traffic, which waits for retransmissions, is made once. */
import { expect, test } from '@jest/globals';
import { networkScript, placeProgram, seenBy, trafficOf } from '../tools/network.js';
import { NETWORK_TOOLS } from '../tools/network-tools.js';
import type { MakePart } from './parts.js';

const TOOLS = NETWORK_TOOLS.filter(({ hereOnly }) => hereOnly !== true);

/** The seven compile side by side on one emulated processor: each start is a minute and more of it on 7.2. The traffic itself takes seconds. */
const SECONDS = 720;

export const networkPart: MakePart = (guest, kernel) => ({
  name: 'network tools',
  async prepare() {
    placeProgram(guest.folder);
    guest.check('network', networkScript(TOOLS, ['json'], '$OUT', (name) => name), SECONDS);
    await Promise.resolve();
  },
  declareTests() {
    test('the traffic came to its end', () => {
      expect(guest.result('network')).toMatchObject({ status: 0, stderr: '' });
    });

    test.each(TOOLS)('$id', (tool) => {
      const seen = seenBy(tool, guest.folder);
      expect(seen.said.split('\n').filter((line) => /lost|skipped|error/i.test(line))).toEqual([]);
      tool.check(seen, trafficOf(guest.folder), kernel);
    });
  },
});
