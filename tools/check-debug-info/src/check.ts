/** Looks at everything that was asked for, and finds out how to get what is missing. */
import { DebugFactsReader, UsageError, debuginfodServers, type DebugFacts, type FileFacts, type ProcessFile } from '@stapkit/cli-kit';
import { serverOf, type Distribution } from './distribution.js';
import { lookAtKernel, type KernelSeen } from './kernel.js';
import type { Installation, Package, PackageManager } from './packages.js';
import { askServers, debugInfoUrl, type Answer } from './servers.js';
import type { Subject } from './subjects.js';
import { isComplete, supportOf, type Support } from './support.js';

/** How missing debug information can be had. */
export interface Remedy {
  readonly installation?: Installation;
  /** Of the server that was asked; undefined: none was. */
  readonly answer?: Answer;
  /** Where a server has it, or would. */
  readonly url?: string;
}

export interface CheckedFile extends Remedy {
  readonly kind: 'file';
  readonly file: ProcessFile;
  readonly pid?: number;
  readonly package?: Package;
  /** A text says why nothing is known. */
  readonly facts: FileFacts | string;
  readonly support?: Support;
}
export interface CheckedKernel extends Remedy {
  readonly kind: 'kernel';
  readonly seen: KernelSeen;
}
export interface CheckedModule extends Remedy {
  readonly kind: 'module';
  readonly name: string;
  readonly debug: DebugFacts;
}
export type Checked = CheckedFile | CheckedKernel | CheckedModule;

export interface CheckedSubject {
  readonly title: string;
  readonly checked: readonly Checked[];
}

export interface Surroundings {
  readonly distribution: Distribution;
  readonly packages: PackageManager | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ask the distribution's server where the environment names none. */
  readonly servers: boolean;
}

const LONGEST_ANSWER_SECONDS = 10;

export const isWhole = (one: Checked): boolean => (one.kind === 'file' ? typeof one.facts !== 'string' && isComplete(one.facts) : (one.kind === 'kernel' ? one.seen.debug : one.debug).where !== 'none');

const buildIdOf = (one: Checked): string | undefined => (one.kind === 'file' ? (typeof one.facts === 'string' ? undefined : one.facts.buildId) : one.kind === 'kernel' ? one.seen.buildId : undefined);

export async function check(subjects: readonly Subject[], around: Surroundings): Promise<readonly CheckedSubject[]> {
  const reader = new DebugFactsReader();
  const found: CheckedSubject[] = [];
  for (const subject of subjects) found.push(await look(subject, reader));
  const owners = around.packages?.owners([...new Set(found.flatMap(({ checked }) => checked.flatMap((one) => (one.kind === 'file' ? [one.file.name] : []))))]) ?? new Map<string, Package>();
  const owned = found.map(({ title, checked }) => ({ title, checked: checked.map((one): Checked => {
    const owner = one.kind === 'file' ? owners.get(one.file.name) : undefined;
    return owner === undefined ? one : { ...one, package: owner } as CheckedFile;
  }) }));
  const remedies = await findRemedies(owned.flatMap(({ checked }) => checked).filter((one) => !isWhole(one)), around);
  return owned.map(({ title, checked }) => ({ title, checked: checked.map((one): Checked => ({ ...one, ...remedies.get(keyOf(one)) })) }));
}

async function look(subject: Subject, reader: DebugFactsReader): Promise<CheckedSubject> {
  if (subject.kind === 'kernel') {
    const seen = await lookAtKernel(reader);
    return { title: `kernel ${seen.release}`, checked: [{ kind: 'kernel', seen }] };
  }
  if (subject.kind === 'module' && !reader.hasModule(subject.name)) throw new UsageError(`--module: there is no module '${subject.name}' of this kernel`, 'lsmod lists those that are loaded');
  if (subject.kind === 'module') return { title: `module ${subject.name}`, checked: [{ kind: 'module', name: subject.name, debug: reader.module(subject.name) }] };
  const { title, pid, files } = subject;
  return { title, checked: files.map((file): CheckedFile => {
    const facts = reader.file(file);
    return { kind: 'file', file, ...(pid === undefined ? {} : { pid }), facts, ...(typeof facts === 'string' ? {} : { support: supportOf(facts) }) };
  }) };
}

const keyOf = (one: Checked): string => (one.kind === 'file' ? one.file.path : one.kind === 'kernel' ? 'kernel' : `module ${one.name}`);

async function findRemedies(lacking: readonly Checked[], around: Surroundings): Promise<ReadonlyMap<string, Remedy>> {
  const installations = installationsFor(lacking, around);
  const configured = debuginfodServers(around.environment['DEBUGINFOD_URLS']);
  const own = serverOf(around.distribution);
  const servers = configured.length === 0 && around.servers ? [own] : configured;
  const seconds = Math.min(LONGEST_ANSWER_SECONDS, Number(around.environment['DEBUGINFOD_TIMEOUT']) || LONGEST_ANSWER_SECONDS);
  const answers = new Map<string, Promise<Answer | undefined>>();
  return new Map(await Promise.all(lacking.map(async (one): Promise<readonly [string, Remedy]> => {
    const buildId = buildIdOf(one);
    if (buildId !== undefined && servers.length > 0 && !answers.has(buildId)) answers.set(buildId, askServers(servers, buildId, seconds));
    const answer = buildId === undefined ? undefined : await answers.get(buildId);
    const installation = installations.get(keyOf(one));
    // Only distributions' builds are on their servers.
    const known = one.kind === 'file' ? one.package !== undefined : installation !== undefined;
    const url = answer?.kind === 'has' ? answer.url : buildId !== undefined && answer === undefined && known ? debugInfoUrl(own, buildId) : undefined;
    return [keyOf(one), { ...(installation === undefined ? {} : { installation }), ...(answer === undefined ? {} : { answer }), ...(url === undefined ? {} : { url }) }];
  })));
}

/** By key. */
function installationsFor(lacking: readonly Checked[], { packages }: Surroundings): ReadonlyMap<string, Installation> {
  const files = lacking.flatMap((one) => (one.kind === 'file' && one.package !== undefined ? [{ ...one, package: one.package }] : []));
  const buildIds = new Map<string, readonly string[]>();
  for (const one of files) {
    const id = buildIdOf(one);
    if (id !== undefined) buildIds.set(one.package.name, [...(buildIds.get(one.package.name) ?? []), id]);
  }
  const byPackage = packages?.installations([...new Map(files.map((one) => [one.package.name, one.package])).values()], buildIds) ?? new Map<string, Installation>();
  const found = new Map<string, Installation>();
  for (const one of files) {
    const installation = byPackage.get(one.package.name);
    if (installation !== undefined) found.set(keyOf(one), installation);
  }
  for (const one of lacking) if (one.kind === 'kernel') {
    const installation = kernelInstallation(one.seen, packages);
    if (installation !== undefined) found.set(keyOf(one), installation);
  }
  return found;
}

/** "install PACKAGE", "install PACKAGE (COMMAND)"; a kernel of no distribution's has no package. */
function kernelInstallation({ advice }: KernelSeen, packages: PackageManager | undefined): Installation | undefined {
  const [, name, command] = /^install (\S+)(?: \((\S+ \S+)\))?$/.exec(advice) ?? [];
  if (name === undefined || name === 'the') return undefined;
  const [program, ...words] = (command ?? packages?.install(name) ?? `install ${name}`).split(' ');
  return { command: [program, ...words.slice(0, -1)].join(' '), package: words.at(-1) ?? name };
}
