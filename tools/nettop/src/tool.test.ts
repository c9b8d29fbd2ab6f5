import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, rowOfFields, scriptWithGlobals, toolGlobals, wholeScript } from '@stapkit/cli-kit';
import { NETTOP } from './tool.js';

test('the script has all globals that flags set', () => {
  const options = parseToolOptions(NETTOP, ['node', 'nettop', '--dev', 'lo', '--pid', '7'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'nettop.stp')), toolGlobals(NETTOP, options));
  for (const line of ['global the_device = "lo" ', 'global only_pid = 7 ', 'global interval_ticks = 50 ']) expect(script).toContain(line);
  expect(script).toMatch(/^global the_netns = [1-9]\d+ /m);
});

test('a row', () => {
  expect(rowOfFields(NETTOP.columns, ['7', '33', 'lo', '3', '4', '300', '400', 'a', 'b'])).toEqual({ pid: 7, uid: 33, device: 'lo', sent_packets: 3, received_packets: 4, sent_bytes: 300, received_bytes: 400, command: 'a\tb' });
});

test.each([['no-such-dev', "there is no network device 'no-such-dev' here: .*lo"], ['a/b', "'a/b' is no name of a device"]])('--dev %s is refused', (name, message) => {
  expect(() => parseToolOptions(NETTOP, ['node', 'nettop', '--dev', name], '1.0.0')).toThrow(new RegExp(message));
});
