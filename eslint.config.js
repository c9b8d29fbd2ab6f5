import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Who may import whom: ARCHITECTURE.md, "The rooms". A package's layer is its nx tag. */
const layers = [
  { sourceTag: 'layer:debuginfo', onlyDependOnLibsWithTags: [], allowedExternalImports: ['@jest/globals', 'fast-check'] },
  { sourceTag: 'layer:object', onlyDependOnLibsWithTags: [], allowedExternalImports: ['@jest/globals', 'fast-check'] },
  { sourceTag: 'layer:tapset', onlyDependOnLibsWithTags: [], allowedExternalImports: ['@jest/globals'] },
  { sourceTag: 'layer:compiler', onlyDependOnLibsWithTags: ['layer:debuginfo', 'layer:object'], allowedExternalImports: ['@jest/globals', 'fast-check'] },
  { sourceTag: 'layer:runtime', onlyDependOnLibsWithTags: ['layer:debuginfo', 'layer:object'], allowedExternalImports: ['@jest/globals', 'fast-check', 'koffi', 'gecko-profiler-demangle'] },
  { sourceTag: 'layer:cli-kit', onlyDependOnLibsWithTags: ['layer:runtime', 'layer:compiler', 'layer:tapset', 'layer:object', 'layer:debuginfo'] },
  { sourceTag: 'layer:tool', onlyDependOnLibsWithTags: ['layer:cli-kit'] },
  { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: ['layer:cli-kit', 'layer:runtime', 'layer:compiler', 'layer:tapset', 'layer:object', 'layer:debuginfo'] },
  { sourceTag: 'layer:driver', onlyDependOnLibsWithTags: ['layer:cli-kit', 'layer:runtime', 'layer:compiler', 'layer:tapset', 'layer:object', 'layer:debuginfo'] },
];

/** The compiler's stages form a line; a stage may import itself and those before it. */
const stages = ['source', 'diagnostics', 'syntax', 'tapset', 'target', 'semantic', 'probes', 'ir', 'bpf', 'codegen', 'driver'];
const stageMayImport = {
  source: [],
  diagnostics: ['source'],
  syntax: ['source', 'diagnostics'],
  tapset: ['source', 'diagnostics', 'syntax'],
  target: [],
  // probe contexts build typed expressions, and elaboration asks probe contexts: these two meet in their types.
  probes: ['source', 'diagnostics', 'syntax', 'target', 'semantic'],
  semantic: ['source', 'diagnostics', 'syntax', 'tapset', 'target', 'probes'],
  ir: ['source', 'diagnostics', 'semantic', 'syntax'],
  bpf: ['source'],
  codegen: ['source', 'diagnostics', 'target', 'ir', 'bpf'],
  driver: stages,
};
const stageRules = stages.map((stage) => ({
  files: [`packages/core-compiler/src/${stage}/**/*.ts`],
  ignores: ['**/*.test.ts', '**/*.test-support.ts'],
  rules: {
    'no-restricted-imports': ['error', {
      patterns: [{
        group: stages.filter((other) => other !== stage && !stageMayImport[stage].includes(other)).map((other) => `../${other}/*`),
        message: `${stage}/ comes before that stage: see "The stages of the compiler" in ARCHITECTURE.md`,
      }, { group: ['node:*'], message: 'the compiler is pure: bytes, text and facts come in through its inputs' }],
    }],
  },
})).filter(({ rules }) => rules['no-restricted-imports'][1].patterns[0].group.length > 0);

export default tseslint.config(
  { ignores: ['**/dist/**', '**/bin/**', '**/*.d.ts', '**/coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    // One program for the whole tree: a program a package would check each package once more for all that import it. The page has the browser's types.
    languageOptions: { parserOptions: { project: ['tsconfig.lint.json', 'tools/flamegraph/src/page/tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints: layers }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // A table of test cases may be long; a test file is read case by case.
    files: ['**/*.test.ts', '**/*.test-support.ts', '**/*.part.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  ...stageRules,
  {
    files: ['packages/{debuginfo,object}/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test-support.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: ['node:fs', 'node:fs/*', 'node:child_process', 'node:net', 'node:http', 'node:https'], message: 'pure readers and writers: bytes in, facts out' }] }] },
  },
  {
    // One file knows the operating system.
    files: ['packages/runtime/src/**/*.ts'],
    ignores: ['packages/runtime/src/sys/linux*.ts', '**/*.test.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [{ name: 'koffi', message: 'system calls go through the Kernel interface; only sys/linux.ts imports koffi' }] }] },
  },
);
