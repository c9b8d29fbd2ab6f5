/** --remote: the machines that a script is run on, and what is asked of them before it is compiled, by ssh(1). */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { UsageError, architectureNamed } from '@stapkit/cli-kit';
import type { Architecture } from '@stapkit/core-compiler';

export interface RemoteHost {
  /** As the user wrote it, for messages. */
  readonly name: string;
  /** What ssh is given: [USER@]HOST, or a URL with a port; undefined: this machine, without ssh. */
  readonly destination: string | undefined;
}

const REFUSED: Readonly<Record<string, readonly [reason: string, advice: string]>> = {
  libvirt: ['stapkit does not ask libvirt for serial ports', 'give the guest an ssh server, and its address: --remote=root@GUEST'],
  unix: ['nothing listens there: stapkit has no agent in guests', 'give the guest an ssh server, and its address: --remote=root@GUEST'],
};

/** [USER@]HOST, ssh://[USER@]HOST[:PORT] or direct:. @throws UsageError */
export function parseRemote(text: string): RemoteHost {
  if (/^direct:(\/\/)?$/.test(text)) return { name: text, destination: undefined };
  const scheme = /^([a-z]+):/.exec(text)?.[1];
  const refused = scheme === undefined || !Object.hasOwn(REFUSED, scheme) ? undefined : REFUSED[scheme];
  if (refused !== undefined) throw new UsageError(`--remote=${text} is not possible: ${refused[0]}`, refused[1], 1);
  const destination = /^(?:ssh:\/\/)?(?:[\w.+-]+@)?(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d+)?\/?$/.test(text) && !text.startsWith('-') ? text : undefined;
  if (destination === undefined) throw new UsageError(`--remote: '${text}' is no host`, 'write [USER@]HOST, or ssh://[USER@]HOST:PORT', 1);
  // ssh itself takes a port in URLs only.
  return { name: text, destination: /^[^:[\]]+:\d+$/.test(destination) ? `ssh://${destination}` : destination };
}

/** Starts a shell command on the host. With `own`, Ctrl-C at this terminal does not reach ssh: the host's session is told by us. */
export function startOn({ destination }: RemoteHost, command: string, stdio: StdioOptions, own = false): ChildProcess {
  if (destination === undefined) return spawn('/bin/sh', ['-c', command], { stdio, detached: own });
  return spawn('ssh', ['-o', 'ConnectTimeout=20', '-T', '--', destination, command], { stdio, detached: own });
}

interface Answer { readonly status: number | null; readonly stdout: Buffer; readonly stderr: string }

function ask(host: RemoteHost, command: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = startOn(host, command, ['inherit', 'pipe', 'pipe']);
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', (error: NodeJS.ErrnoException) => { reject(error.code === 'ENOENT' ? new UsageError('ssh is not installed here', 'apt install openssh-client', 1) : error); });
    child.once('close', (status) => { resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }); });
  });
}

/** ssh's own failures. */
const SSH_FAILED = 255;
const lastLine = (text: string): string => text.trim().split(/\r?\n/).at(-1) ?? '';

export function unreachable({ name, destination }: RemoteHost, stderr: string): UsageError {
  return new UsageError(`cannot reach ${name} by ssh: ${lastLine(stderr) || 'the connection was lost'}`, `see that this works: ssh ${destination ?? name} uname -r`, 1);
}

export interface RemoteMachine {
  readonly host: RemoteHost;
  readonly release: string;
  readonly arch: Architecture;
}

/** Where the runtime is: on PATH, or where npm puts it for root, which a shell that is not for login does not look at. */
const FIND_RUNTIME = 'PATH=$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin';
/** Of the far machine's shell: what it runs. The session's own input is not the script's: commands of -c read nothing. */
export const RUN_THERE = `${FIND_RUNTIME}; exec 3<&0 </dev/null; exec stapkit-run --client 3 -`;

/** Kernel and architecture of a host. @throws UsageError when it cannot be reached or lacks what is needed */
export async function examineHost(host: RemoteHost): Promise<RemoteMachine> {
  const { status, stdout, stderr } = await ask(host, `${FIND_RUNTIME}; uname -r; uname -m; command -v stapkit-run || echo none`);
  if (status === SSH_FAILED) throw unreachable(host, stderr);
  const [release, machine, runtime] = stdout.toString('latin1').trim().split('\n').slice(-3);
  if (status !== 0 || release === undefined || machine === undefined || runtime === undefined) throw new UsageError(`${host.name} did not tell its kernel: ${lastLine(stderr) || `status ${status ?? 'unknown'}`}`, 'its login shell must be one of sh\'s kind', 1);
  if (runtime === 'none') throw new UsageError(`there is no stapkit-run on ${host.name}`, 'install it there: npm install -g @stapkit/stapkit', 1);
  return { host, release, arch: architectureOf(machine, host) };
}

function architectureOf(machine: string, { name }: RemoteHost): Architecture {
  try {
    return architectureNamed(machine);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${name} is a machine of architecture '${machine}', which stapkit does not compile for`, error.advice, 1);
  }
}

/** The types of the host's kernel (BTF). @throws UsageError when it has none */
export async function fetchTypes({ host }: RemoteMachine): Promise<Buffer> {
  const { status, stdout, stderr } = await ask(host, 'gzip -c < /sys/kernel/btf/vmlinux');
  if (status === SSH_FAILED) throw unreachable(host, stderr);
  if (status !== 0) throw new UsageError(`the types of ${host.name}'s kernel cannot be had: ${lastLine(stderr)}`, 'its kernel needs BTF (CONFIG_DEBUG_INFO_BTF)', 1);
  return gunzipSync(stdout);
}
