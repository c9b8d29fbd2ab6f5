/** docs/fleet.md: what it gives to Ansible, Kubernetes and collectors is of their form; its commands are ours. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DaemonSet } from 'kubernetes-models/apps/v1';
import { Container } from 'kubernetes-models/v1';
import { parse } from 'yaml';
import { CHECKOUT, stapkit } from './checkout.js';

const page = readFileSync(join(CHECKOUT, 'docs/fleet.md'), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => parse(text) as unknown);
type Task = Readonly<Record<string, unknown>>;
const playbook = blocks.find((one) => Array.isArray(one)) as readonly { readonly hosts: string; readonly tasks: readonly Task[] }[];
const manifest = blocks.find((one) => (one as Task)['kind'] === 'DaemonSet') as ConstructorParameters<typeof DaemonSet>[0];
const debugPatch = blocks.find((one) => 'securityContext' in (one as Task)) as Task;

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-fleet-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test('the DaemonSet is one, by the schema of Kubernetes', () => {
  new DaemonSet(manifest).validate();
  const wrong = structuredClone(manifest) as { spec: { selector: unknown } };
  wrong.spec.selector = 'stapkit-opens';
  expect(() => { new DaemonSet(wrong as typeof manifest).validate(); }).toThrow(/selector must be object/);
  const pod = manifest?.spec?.template.spec;
  // The schema takes fields that it does not know: what matters is where Kubernetes looks for it.
  expect(pod).toMatchObject({ hostPID: true, containers: [{ command: ['stapkit-run', '/objects/opens.o'], securityContext: { capabilities: { add: expect.arrayContaining(['BPF', 'PERFMON']) as unknown } } }] });
  const volumes = pod?.volumes?.map(({ name }) => name);
  expect(pod?.containers[0]?.volumeMounts?.map(({ name }) => name)).toEqual(volumes);
  expect(manifest?.spec?.template.metadata?.labels).toEqual(manifest?.spec?.selector.matchLabels);
});

test('the profile of kubectl debug is a part of a container', () => {
  new Container({ name: 'debugger', image: 'x', ...debugPatch }).validate();
  expect(page).toContain('--custom=stapkit-debug.yaml');
});

test('each task of the playbook has a name and one module; the object is root\'s, where members of stapusr may run it', () => {
  const words = new Set(['name', 'async', 'poll', 'register', 'changed_when']);
  const modules = playbook[0]?.tasks.map((task) => Object.keys(task).filter((key) => !words.has(key)));
  expect(modules).toEqual([['community.general.npm'], ['ansible.builtin.copy'], ['ansible.builtin.command'], ['ansible.builtin.debug']]);
  expect(playbook[0]?.tasks[1]?.['ansible.builtin.copy']).toMatchObject({ owner: 'root', mode: '0644', dest: '/usr/lib/stapkit/objects/opens.o' });
});

test('the commands of the page: an object, with a global set behind it', async () => {
  expect(page).toContain('stapkit -p4 -m opens opens.stp');
  expect(page).toContain('stapkit-run -T 60 opens.o most=5');
  expect(await stapkit('stapkit', ['-p4', '--json', '-m', 'opens', '-e', 'global most = 1 probe begin { println(most, " opens") }'], { cwd: folder })).toMatchObject({ stdout: 'opens.o\n', status: 0 });
  const { stdout, status } = await stapkit('stapkit-run', ['-T', '0.01', join(folder, 'opens.o'), 'most=5']);
  expect([JSON.parse(stdout), status]).toEqual([expect.objectContaining({ text: '5 opens\n', probe: 'begin' }), 0]);
});
