/** Asks a file everything that readers of DWARF can be asked, for tests with broken files: each answer is a result or DebugInfoError. */
import { Dwarf } from '../dwarf/dwarf.js';
import type { DwarfFunction, DwarfScope, DwarfVariable } from '../dwarf/model.js';
import { ElfFile } from '../elf/elf-file.js';
import type { Answers } from './questions.test-support.js';
import { Questions } from './questions.test-support.js';

/** Of each kind of thing so many are looked at closely: a broken file can have millions. */
const LOOKED_AT = 12;
const SCOPES_LOOKED_AT = 60;

export function exerciseDwarf(bytes: Uint8Array, companions: { readonly supplementary?: Uint8Array; readonly split?: Uint8Array } = {}): Answers {
  const answers = new Questions();
  const ask = <T>(question: () => T): T | undefined => answers.ask(question);
  const askAll = (...questions: readonly (() => unknown)[]): void => {
    for (const question of questions) ask(question);
  };
  const companion = (of: Uint8Array | undefined) => (): ElfFile | undefined => (of === undefined ? undefined : ElfFile.parse(of));
  const dwarf = ask(() => Dwarf.open(ElfFile.parse(bytes), { supplementary: companion(companions.supplementary), split: companion(companions.split) }));
  if (dwarf === undefined) return answers;
  const some = <T>(all: readonly T[] | undefined): readonly T[] => (all ?? []).slice(0, LOOKED_AT);
  const type = (id: number | undefined): void => {
    if (id === undefined) return;
    askAll(() => dwarf.typeName(id), () => dwarf.sizeOf(id), () => dwarf.scalar(id), () => dwarf.memberNames(id), () => dwarf.resolve(id), () => dwarf.locate(id, ['next', 'value']), () => dwarf.locate(id, [1, 1]));
  };
  const variable = (one: DwarfVariable): void => {
    askAll(() => one.name, () => one.qualifiedName, () => one.location, () => one.constant, () => one.declaration, () => one.linkageName, () => one.isResult);
    type(ask(() => one.typeId));
  };
  const scopes = (root: DwarfScope | undefined): void => {
    const pending = root === undefined ? [] : [root];
    for (let count = 0; count < SCOPES_LOOKED_AT; count++) {
      const scope = pending.pop();
      if (scope === undefined) return;
      some(ask(() => scope.variables)).forEach(variable);
      some(ask(() => scope.parameters)).forEach(variable);
      askAll(() => scope.labels, () => scope.ranges, () => scope.unit.name);
      for (const site of some(ask(() => scope.callSites))) askAll(() => site.targetName, () => site.parameters, () => site.returnAddress, () => site.target);
      pending.push(...some(ask(() => scope.scopes)));
    }
  };
  const func = (one: DwarfFunction): void => {
    askAll(() => one.name, () => one.qualifiedName, () => one.linkageName, () => one.declaration, () => one.ranges, () => one.frameBase, () => one.inline, () => one.isVariadic, () => one.inlinedInstances());
    type(ask(() => one.returnTypeId));
    scopes(ask(() => one.scope));
    const pc = ask(() => one.entryPc);
    if (pc !== undefined) askAll(() => dwarf.inlineStack(pc), () => dwarf.variablesAt(pc), () => dwarf.unitAt(pc));
  };
  some(ask(() => dwarf.functions('*'))).forEach(func);
  some(ask(() => dwarf.functions('*::*', { file: '*.c*' }))).forEach(func);
  some(ask(() => dwarf.globals('*'))).forEach(variable);
  some(ask(() => dwarf.types('*'))).forEach((one) => { type(one.id); });
  for (const unit of some(ask(() => dwarf.units))) askAll(() => unit.name, () => unit.ranges, () => unit.producer, () => unit.addressAt(1), () => unit.lineOffset);
  askAll(() => dwarf.functions('main'), () => dwarf.findType('node', 'struct'), () => dwarf.type(1), () => dwarf.unitsWithFile('small.c'), () => dwarf.exportIndex(), () => dwarf.exportAnswers());
  return answers;
}
