# Known shares of time in libraries that Python calls, and in its interpreter. The clock is a system call, which takes tens of microseconds on a
# busy machine and is no part of what it measures: so it is asked every few milliseconds.
import hashlib, os, sys, time, zlib
data = os.urandom(1 << 20)
def sums(until):
    while time.process_time_ns() < until:
        for i in range(8): zlib.crc32(data)
def hashes(until):
    while time.process_time_ns() < until:
        for i in range(4): hashlib.sha256(data).digest()
def interprets(until):
    n = 0
    while time.process_time_ns() < until:
        for i in range(40000): n = (n * 31 + i) & 0xffff
end = float(sys.argv[1]) * 1e9
os.write(1, b'ready\n')
os.read(0, 1)
took = [0, 0, 0]
start = now = time.process_time_ns()
while now - start < end:
    for phase, (work, share) in enumerate(((sums, .4), (hashes, .3), (interprets, .3))):
        work(now + int(100e6 * share))
        after = time.process_time_ns()
        took[phase] += after - now
        now = after
for name, time_ in zip(('crc32_z', 'SHA256_Update'), took): os.write(1, b'share %s %.4f\n' % (name.encode(), time_ / (now - start)))
os.write(1, b'done\n')
os.read(0, 1)
