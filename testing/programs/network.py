# Network traffic on loopback whose every step is known. Prints "port PORT" and "pid PID", waits for a line on standard input, makes its
# connections, prints what it made as one line of JSON (the kernel's own counters and TCP_INFO included), and ends.
import fcntl, json, os, socket, struct, sys, time

def up():
    lo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(lo, 0x8914, struct.pack('16sh22x', b'lo', 0x1 | 0x40))  # SIOCSIFFLAGS: up and running

# Of struct tcp_info (include/uapi/linux/tcp.h): offsets of 32-bit and 64-bit members.
U32 = {'unacked': 24, 'total_retrans': 100}
U64 = {'bytes_acked': 120, 'bytes_received': 128}
def tcp_info(sock):
    data = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232).ljust(232, b'\0')
    return {**{name: struct.unpack_from('I', data, at)[0] for name, at in U32.items()}, **{name: struct.unpack_from('Q', data, at)[0] for name, at in U64.items()}}

def until(what):
    for _ in range(3000):
        if what(): return
        time.sleep(0.01)
    sys.exit('nothing came for 30 seconds')

def counters():
    found = {}
    lines = open('/proc/self/net/snmp').read().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        kind = names.split(':')[0]
        found.update({kind + name: int(value) for name, value in zip(names.split()[1:], values.split()[1:])})
    found.update({name: int(value) for name, value in (line.split() for line in open('/proc/self/net/snmp6'))})
    lo = next(line for line in open('/proc/self/net/dev') if line.strip().startswith('lo:')).split(':')[1].split()
    return {**found, 'lo_rx_bytes': int(lo[0]), 'lo_rx_packets': int(lo[1]), 'lo_tx_bytes': int(lo[8]), 'lo_tx_packets': int(lo[9])}

# Only sockets that listen (0A) or wait for old packets (06) are left of the port.
def settled():
    rows = [line.split() for name in ('tcp', 'tcp6') for line in open('/proc/self/net/' + name).read().splitlines()[1:]]
    return all(row[3] in ('0A', '06') for row in rows if int(row[1].split(':')[1], 16) == port or int(row[2].split(':')[1], 16) == port)

def address(sock, name): return list(getattr(sock, name)()[:2])

up()
server = socket.socket(socket.AF_INET6)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('::', 0))
port = server.getsockname()[1]
server.listen(5)
receivers = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
for receiver, host in zip(receivers, ('127.0.0.1', '::1')): receiver.bind((host, port))
print('port', port, flush=True)
print('pid', os.getpid(), flush=True)
sys.stdin.readline()
before = counters()

# Three connections that wait in the accept queue before the first is taken: IPv4, IPv6, IPv4 of an IPv6 socket.
clients = [socket.create_connection((host, port)) for host in ('127.0.0.1', '::1')]
mapped = socket.socket(socket.AF_INET6)
mapped.connect(('::ffff:127.0.0.1', port))
clients.append(mapped)
until(lambda: tcp_info(server)['unacked'] == 3)
accepted, waiting = [], []
for _ in clients:
    accepted.append(server.accept()[0])
    waiting.append(tcp_info(server)['unacked'])
by_peer = {one.getpeername()[1]: one for one in accepted}

connections = []
for index, client in enumerate(clients):
    peer = by_peer[client.getsockname()[1]]
    if index == 0:
        # What comes in is dropped until it was sent again: a socket filter that lets nothing in (SO_ATTACH_FILTER 26, BPF_RET 0).
        import ctypes
        instruction = ctypes.create_string_buffer(struct.pack('HBBI', 0x06, 0, 0, 0))
        peer.setsockopt(socket.SOL_SOCKET, 26, struct.pack('HxxxxxxQ', 1, ctypes.addressof(instruction)))
        client.sendall(b'q' * 1000)
        until(lambda: tcp_info(client)['total_retrans'] >= 1)
        peer.setsockopt(socket.SOL_SOCKET, 27, struct.pack('i', 0))  # SO_DETACH_FILTER
    else:
        client.sendall(b'q' * 1000)
    got = 0
    while got < 1000: got += len(peer.recv(2000))
    peer.sendall(b'a' * (2000 + index))
    got = 0
    while got < 2000 + index: got += len(client.recv(4000))
    until(lambda: tcp_info(peer)['bytes_acked'] >= 2000 + index)
    ends = {'client': address(client, 'getsockname'), 'server': address(client, 'getpeername'), 'sent': 1000, 'received': 2000 + index,
            'client_retransmits': tcp_info(client)['total_retrans'], 'server_retransmits': tcp_info(peer)['total_retrans']}
    client.shutdown(socket.SHUT_WR)
    if peer.recv(1): sys.exit('more than was sent')
    peer.close()
    if client.recv(1): sys.exit('more than was sent')
    client.close()
    connections.append(ends)

sender = {4: socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 6: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)}
for (version, host), receiver in zip(((4, '127.0.0.1'), (6, '::1')), receivers):
    for size in 100, 101, 102:
        sender[version].sendto(b'x' * size, (host, port))
        if len(receiver.recv(2000)) != size: sys.exit('another size')
# Echo requests; IPv6's checksum is the kernel's affair. The kernel answers; its answer comes back to the same socket, after the request.
for family, protocol, host, request in (socket.AF_INET, 1, '127.0.0.1', bytes([8, 0, 0xf7, 0xfe, 0, 1, 0, 0])), (socket.AF_INET6, 58, '::1', bytes([128, 0, 0, 0, 0, 0, 0, 0])):
    raw = socket.socket(family, socket.SOCK_RAW, protocol)
    raw.sendto(request, (host, 0))
    kind = lambda data: data[20] if family == socket.AF_INET else data[0]
    while kind(raw.recv(2000)) == request[0]: pass

until(settled)
after = counters()
print(json.dumps({'port': port, 'pid': os.getpid(), 'connections': connections, 'waiting': waiting, 'counters': {name: after[name] - before.get(name, 0) for name in after}}), flush=True)
