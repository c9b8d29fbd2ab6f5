/**
 * TCP sockets with Fast Open, by system calls: node's own sockets cannot ask for it. Only what the demonstration needs,
 * blocking, on loopback in a network namespace of this process's own.
 */
import { writeFileSync } from 'node:fs';
import { addressBytes, type Kernel } from '@stapkit/cli-kit';

/** asm/unistd_64.h and asm-generic/unistd.h. */
const NUMBERS = {
  x86_64: { close: 3, ioctl: 16, socket: 41, accept4: 288, sendto: 44, recvfrom: 45, bind: 49, listen: 50, getsockname: 51, setsockopt: 54, unshare: 272 },
  aarch64: { close: 57, ioctl: 29, socket: 198, accept4: 242, sendto: 206, recvfrom: 207, bind: 200, listen: 201, getsockname: 204, setsockopt: 208, unshare: 97 },
} as const;
const CLONE_NEWNET = 0x4000_0000;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP_RUNNING = 0x41;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOL_TCP = 6;
const TCP_FASTOPEN = 23;
const MSG_FASTOPEN = 0x2000_0000;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export class LoopbackSockets {
  readonly #kernel: Kernel;
  readonly #numbers: (typeof NUMBERS)[keyof typeof NUMBERS];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#numbers = NUMBERS[kernel.architecture];
  }

  /** Leaves this machine's network for an empty one, and makes its loopback work with Fast Open on both sides (tcp(7), ip-sysctl). */
  enterOwnNetwork(): void {
    this.#call('unshare', 'make a network namespace', CLONE_NEWNET);
    const socket = this.#call('socket', 'open a socket', AF_INET, SOCK_STREAM, 0);
    const request = Buffer.alloc(40);
    request.write('lo');
    request.writeUInt16LE(IFF_UP_RUNNING, 16);
    this.#call('ioctl', 'bring the loopback interface up', socket, SIOCSIFFLAGS, this.#kernel.address(request));
    this.close(socket);
    writeFileSync('/proc/sys/net/ipv4/tcp_fastopen', '3');
  }

  /** Makes all cookies that were given out so far invalid. */
  changeCookieKey(): void {
    const word = () => Math.floor(Math.random() * 0x1_0000_0000).toString(16).padStart(8, '0');
    writeFileSync('/proc/sys/net/ipv4/tcp_fastopen_key', [word(), word(), word(), word()].join('-'));
  }

  /** A listening socket that takes Fast Open; port 0 lets the kernel choose. */
  listen(address: string): { readonly fd: number; readonly endpoint: Endpoint } {
    const family = address.includes(':') ? AF_INET6 : AF_INET;
    const fd = this.#call('socket', 'open a socket', family, SOCK_STREAM, 0);
    const name = encodeSocketAddress({ address, port: 0 });
    this.#call('bind', `bind to ${address}`, fd, this.#kernel.address(name), name.length);
    const queue = Buffer.alloc(4);
    queue.writeInt32LE(16, 0);
    this.#call('setsockopt', 'set TCP_FASTOPEN', fd, SOL_TCP, TCP_FASTOPEN, this.#kernel.address(queue), 4);
    this.#call('listen', 'listen', fd, 16);
    return { fd, endpoint: { address, port: this.#localPort(fd) } };
  }

  /** Connects and sends data in the SYN when there is a cookie (the kernel asks for one else). */
  connectWithData(to: Endpoint, data: string): { readonly fd: number; readonly endpoint: Endpoint } {
    const family = to.address.includes(':') ? AF_INET6 : AF_INET;
    const fd = this.#call('socket', 'open a socket', family, SOCK_STREAM, 0);
    const name = encodeSocketAddress(to);
    const bytes = Buffer.from(data, 'latin1');
    this.#call('sendto', `connect to ${to.address}`, fd, this.#kernel.address(bytes), bytes.length, MSG_FASTOPEN, this.#kernel.address(name), name.length);
    return { fd, endpoint: { address: to.address, port: this.#localPort(fd) } };
  }

  accept(listener: number): number {
    return this.#call('accept4', 'accept a connection', listener, 0, 0, 0);
  }

  receive(fd: number): string {
    const bytes = Buffer.alloc(1024);
    const count = this.#call('recvfrom', 'receive', fd, this.#kernel.address(bytes), bytes.length, 0, 0, 0);
    return bytes.toString('latin1', 0, count);
  }

  close(fd: number): void {
    this.#call('close', 'close a socket', fd);
  }

  #localPort(fd: number): number {
    const name = Buffer.alloc(28);
    const length = Buffer.alloc(4);
    length.writeInt32LE(name.length, 0);
    this.#call('getsockname', 'read the local port', fd, this.#kernel.address(name), this.#kernel.address(length));
    return name.readUInt16BE(2);
  }

  #call(name: keyof (typeof NUMBERS)['x86_64'], doing: string, ...args: (number | bigint)[]): number {
    const result = this.#kernel.systemCall(this.#numbers[name], ...args);
    if (result < 0) throw new Error(`cannot ${doing}: ${name} failed with error number ${-result}`);
    return result;
  }
}

/** sockaddr_in (16 bytes) or sockaddr_in6 (28 bytes). */
export function encodeSocketAddress({ address, port }: Endpoint): Buffer {
  const bytes = addressBytes(address);
  const name = Buffer.alloc(bytes.length === 4 ? 16 : 28);
  name.writeUInt16LE(bytes.length === 4 ? AF_INET : AF_INET6, 0);
  name.writeUInt16BE(port, 2);
  name.set(bytes, bytes.length === 4 ? 4 : 8);
  return name;
}
