import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IrBody, IrGlobal, IrSite } from '@stapkit/object';
import { SESSION, decodeMetadata, readBpfObject } from '@stapkit/object';
import { POINTS, at, block, body, branch, generate, jump, long, n, probe, r, straight, t, text } from './ir-fixtures.test-support.js';

const counter: IrGlobal = { kind: 'long', name: 'n', initial: 7n };
const countStat: IrGlobal = {
  kind: 'stat',
  name: 's',
  stat: { functions: ['count'] },
};
const array: IrGlobal = {
  kind: 'array',
  name: 'a',
  keys: [{ type: 'long' }],
  value: 'long',
  wrap: false,
  ordered: false,
};
const ordered: IrGlobal = { ...array, name: 'o', ordered: true };
const site: IrSite = {
  kind: 'script',
  pieces: [{ conversion: 'd' }, { conversion: 'd' }, { conversion: 's' }],
  location: at(3),
};
const value = (register: number) => ({ kind: 'value', value: r(register) }) as const;
const call = (name: string, dst: number) => ({ op: 'intrinsic', name, dst, args: [] }) as const;

const increment = straight([], {
  op: 'add-global',
  global: 0,
  value: n(1),
  location: at(2),
});
const printThree = straight([long, long, text(16)], call('pid', 0), call('cpu', 1), call('execname', 2), { op: 'print', site: 0, args: [value(0), value(1), value(2)] });

describe('size of the code that a hit runs', () => {
  const listingOf = (handler: IrBody, globals: readonly IrGlobal[]): string =>
    generate({
      globals,
      sites: [site],
      features: { trampolines: false },
      probes: [probe(POINTS.function, handler)],
    }).listing();

  test('n++', () => {
    expect(listingOf(increment, [counter])).toMatchInlineSnapshot(`
     "probe_0_kprobe: # kprobe/vfs_read
     ; test.stp:1  probe x {
          0: r2 = &globals ll
          2: r3 = *(u64 *)(r2 + 0)
          3: if r3 != 1 goto leave
     ; test.stp:2  n++
          4: r1 = 1
          5: lock *(u64 *)(r2 + 192) += r1
          6: r0 = 0
          7: exit
     "
    `);
  });

  test('n <<< 1', () => {
    expect(
      listingOf(
        straight([], {
          op: 'stat-add',
          global: 0,
          value: n(1),
          location: at(2),
        }),
        [countStat],
      ),
    ).toMatchInlineSnapshot(`
     "probe_0_kprobe: # kprobe/vfs_read
     ; test.stp:1  probe x {
          0: r2 = &globals ll
          2: r3 = *(u64 *)(r2 + 0)
          3: if r3 != 1 goto leave
     ; test.stp:2  n++
          4: call bpf_get_smp_processor_id
          5: r0 &= 63
          6: r0 <<= 6
          7: r1 = &globals[192] ll
          9: r0 += r1
         10: r2 = 1
         11: lock *(u64 *)(r0 + 0) += r2
         12: r0 = 0
         13: exit
     "
    `);
  });

  test('an error: counted, and the session failed when it is one too many', () => {
    const divide = straight([long], call('pid', 0), { op: 'binary', fn: 'div', dst: 0, a: n(1), b: r(0) }, { op: 'store-global', global: 0, src: r(0) });
    expect(listingOf(divide, [counter]).replaceAll(/^ *(\d+: )?/gm, '')).toContain(`
r1 = &globals ll
r2 = 1
lock *(u64 *)(r1 + 24) += r2
r2 = *(u64 *)(r1 + 24)
r3 = *(u64 *)(r1 + 64)
if r2 s<= r3 goto send 8
*(u64 *)(r1 + 0) = 3
`);
  });

  test.each<[string, IrBody, readonly IrGlobal[], number]>([
    [
      'a[tid()]++',
      straight([long], call('tid', 0), {
        op: 'array-add',
        global: 0,
        keys: [r(0)],
        value: n(1),
      }),
      [array],
      93,
    ],
    [
      'ordered a[tid()]++',
      straight([long], call('tid', 0), {
        op: 'array-add',
        global: 0,
        keys: [r(0)],
        value: n(1),
      }),
      [ordered],
      95,
    ],
    ['printf of three fields', printThree, [], 37],
  ])('%s', (_name, handler, globals, instructions) => {
    expect(
      listingOf(handler, globals)
        .trim()
        .split('\n')
        .filter((line) => /^ +\d+:/.test(line)).length,
    ).toBe(instructions);
  });
});

describe('the object', () => {
  const object = generate({
    globals: [counter, countStat, array],
    sites: [site],
    probes: [probe(POINTS.tracepoint, printThree), probe(POINTS.function, increment)],
  });

  test('carries its metadata', () => {
    expect(decodeMetadata(readBpfObject(object.bytes).metadata ?? '')).toEqual(object.metadata);
  });

  test('lists each way to serve a probe, best first', () => {
    expect(object.metadata.plans.map(({ ways }) => ways.map(({ programs }) => programs.map((index) => object.metadata.programs[index]?.section)))).toEqual([
      [['tp_btf/sched_switch'], ['raw_tp/sched_switch']],
      [['fentry/vfs_read'], ['kprobe/vfs_read']],
    ]);
  });

  test('starts globals with their values', () => {
    const globals = readBpfObject(object.bytes).globals ?? new Uint8Array();
    expect(new DataView(globals.buffer, globals.byteOffset).getBigInt64(SESSION.size, true)).toBe(7n);
  });

  test('says how the print arguments are found in an entry', () => {
    expect(object.metadata.sites.filter(({ leaves }) => leaves !== undefined)).toEqual([
      {
        ...site,
        probe: 0,
        leaves: [{ kind: 'long' }, { kind: 'long' }, { kind: 'fixed', bytes: 16 }],
        args: [value(0), value(1), value(2)],
      },
    ]);
  });

  test('is read by readelf and llvm-objdump', () => {
    const directory = mkdtempSync(join(tmpdir(), 'stapkit-object-'));
    const file = join(directory, 'object.o');
    writeFileSync(file, object.bytes);
    const readelf = spawnSync('readelf', ['-SsrW', file], { encoding: 'utf8' });
    const objdump = spawnSync('llvm-objdump', ['-d', '-r', file], {
      encoding: 'utf8',
    });
    rmSync(directory, { recursive: true });
    if (readelf.error === undefined) {
      expect(readelf.stderr).toBe('');
      expect(readelf.stdout).toMatch(/FUNC +GLOBAL DEFAULT +\d+ probe_1_kprobe/);
    }
    if (objdump.error === undefined) expect(objdump.stdout).toContain('lock *(u64 *)(r2 + 192) += r1');
  });
});

describe('where records are built', () => {
  const usesContext = (handler: IrBody): boolean =>
    generate({
      globals: [counter],
      sites: [site],
      probes: [probe(POINTS.tracepoint, handler)],
    }).metadata.maps.some(({ name }) => name === 'context');

  test('a short one on the stack', () => {
    expect(usesContext(printThree)).toBe(false);
  });

  test('one with a long text in the context', () => {
    expect(
      usesContext(
        straight(
          [long, text()],
          call('task_current', 0),
          {
            op: 'read-text',
            dst: 1,
            address: r(0),
            space: 'kernel',
            fallback: t(''),
          },
          { op: 'print', site: 0, args: [value(0), value(0), value(1)] },
        ),
      ),
    ).toBe(true);
  });

  test('what differs between two ways to a later print in the context', () => {
    const print = {
      op: 'print',
      site: 0,
      args: [value(0), value(0), { kind: 'value', value: t('x') }],
    } as const;
    expect(usesContext(body([long], block([call('pid', 0)], branch(r(0), 1, 2)), block([print], jump(2)), block([print])))).toBe(true);
    expect(usesContext(body([long], block([call('pid', 0)], branch(r(0), 1, 2)), block([print], jump(2)), block([{ op: 'add-global', global: 0, value: n(1) }])))).toBe(false);
  });
});

test('a filter runs before the context is taken', () => {
  const handler = body(
    [long, text()],
    block([call('pid', 0)], branch(r(0), 1, 2)),
    block(
      [
        {
          op: 'read-text',
          dst: 1,
          address: r(0),
          space: 'kernel',
          fallback: t(''),
        },
        { op: 'print', site: 0, args: [value(0), value(0), value(1)] },
      ],
      jump(2),
    ),
    block([]),
  );
  const listing = generate({
    sites: [site],
    features: { trampolines: false },
    probes: [probe(POINTS.tracepoint, handler)],
  }).listing();
  expect(listing.indexOf('bpf_get_current_pid_tgid')).toBeLessThan(listing.indexOf('bpf_map_lookup_elem'));
  expect(listing.indexOf('bpf_map_lookup_elem')).toBeGreaterThan(0);
});

describe('refused with a hint', () => {
  test.each<[string, IrBody, string]>([
    [
      'an argument register that is not constant',
      straight([long, long], call('pid', 0), {
        op: 'intrinsic',
        name: 'register_argument',
        dst: 1,
        args: [r(0), n(8), n(1)],
      }),
      'E0511: the number of an argument register must be a constant',
    ],
  ])('%s', (_name, handler, message) => {
    expect(() => generate({ probes: [probe(POINTS.function, handler)] })).toThrow(message);
  });

  test.each([
    ['5.10', { forEachMapElem: false, loop: false }, 'needs bpf_for_each_map_elem and bpf_loop (Linux 5.17)'],
    ['5.15', { forEachMapElem: true, loop: false }, 'needs bpf_loop (Linux 5.17)'],
  ])('foreach on Linux %s', (_version, features, message) => {
    const walk = straight([long, long], { op: 'iterate', iterator: 0, global: 0 }, { op: 'advance', iterator: 0, more: 0, keys: [1] });
    expect(() => generate({ globals: [array], features, probes: [probe(POINTS.function, walk)] })).toThrow(`E0512: array 'a' is walked in a kernel probe, which ${message}`);
  });

  test('deleting a whole array before Linux 5.13', () => {
    expect(() =>
      generate({
        globals: [array],
        features: { forEachMapElem: false },
        probes: [probe(POINTS.function, straight([], { op: 'array-clear', global: 0 }))],
      }),
    ).toThrow(/^E0512: .*bpf_for_each_map_elem \(Linux 5.13\)/);
  });

  test('texts that do not fit the context', () => {
    const registers = Array.from({ length: 12 }, () => text(4096));
    const reads = registers.map(
      (_, index) =>
        ({
          op: 'read-text',
          dst: index,
          address: n(1),
          space: 'user',
          fallback: t(''),
        }) as const,
    );
    const compares = registers.map((_, index) => ({ op: 'print', site: 0, args: [value(index)] }) as const);
    expect(() =>
      generate({
        sites: [site],
        limits: { MAXSTRINGLEN: 4096 },
        probes: [probe(POINTS.function, straight(registers, ...reads, ...compares))],
      }),
    ).toThrow(/^E0513: .*need \d+ bytes, a CPU's context has 32768/);
  });
});
