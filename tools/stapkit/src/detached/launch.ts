/** -F, -L, -D: begins a session in a process of its own, that stays when this one ends. */
import { fork } from 'node:child_process';
import { announceArmed } from '@stapkit/cli-kit';
import { SERVE_WORD, type Launch, type LaunchReport } from './serve.js';

/** How to come back, in stap's words. */
export const reconnectText = (name: string): string => `Disconnecting from the session.\nTo reconnect, type "stapkit-run -A ${name}"\n`;

/** Settles when the probes are armed, with 0, or when the session has ended before, with its exit status. */
export function launchSession(launch: Launch): Promise<number> {
  const [, program = ''] = process.argv;
  // What a command of -c prints is for who started it; without one nothing holds this terminal or pipe.
  const outlet = launch.options.command === undefined ? 'ignore' : 'inherit';
  const child = fork(program, [SERVE_WORD], { detached: true, serialization: 'advanced', stdio: ['ignore', outlet, outlet, 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      process.stderr.write(`the session has died (${signal ?? `status ${status ?? 1}`})\n`);
      resolve(1);
    });
    child.on('message', (message) => {
      const said = message as LaunchReport;
      if (said.kind === 'output' || said.kind === 'message') {
        (said.kind === 'output' ? process.stdout : process.stderr).write(said.bytes);
      } else {
        child.removeAllListeners();
        child.disconnect();
        child.unref();
        if (said.kind === 'armed') {
          announceArmed();
          if (launch.options.output === undefined) process.stderr.write(reconnectText(launch.name));
          else process.stdout.write(`${said.pid}\n`);
        }
        resolve(said.kind === 'ended' ? said.status : 0);
      }
    });
    child.send(launch);
  });
}
