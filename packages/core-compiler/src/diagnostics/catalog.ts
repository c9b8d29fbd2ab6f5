/**
 * What passes 0 and 1 say: E01xx the lexer and the preprocessor, E02xx the parser, W01xx and W02xx their warnings.
 * One function a message, in the order of the codes. A code is never used again for something else.
 * Later stages keep a catalog of their own in their folder.
 */
import type { Span } from '../source/index.js';
import type { Diagnostic, Note } from './diagnostic.js';
import { didYouMean } from './similar.js';

function error(code: string, span: Span, message: string, hints: readonly (string | undefined)[] = [], notes: readonly Note[] = []): Diagnostic {
  return { code, severity: 'error', message, span, notes, hints: hints.filter((hint) => hint !== undefined) };
}

// ---- E01xx: lexer -------------------------------------------------------------

export const badNumber = (span: Span, text: string): Diagnostic =>
  error('E0101', span, `number '${text}' is invalid or out of range`, [badNumberHint(text)]);

function badNumberHint(text: string): string {
  if (/^[0-9]+(s|ms|us|ns|hz|sec|msec|usec|nsec|jiffies)$/.test(text)) return `numbers have no units: a timer is written timer.${/[a-z]+$/.exec(text)?.[0] ?? 's'}(${/^[0-9]+/.exec(text)?.[0] ?? 'N'})`;
  if (/^0[0-9]+$/.test(text)) return 'a leading 0 makes a number octal (digits 0 to 7): leave it out';
  if (/^(0x[0-9a-f]+|[0-9]+)[ul]+$/i.test(text)) return 'numbers have no suffix: all are signed 64-bit';
  return 'write decimal, 0x… or 0…, up to 18446744073709551615'.replaceAll('…', '...');
}

export const unclosedString = (span: Span): Diagnostic =>
  error('E0102', span, 'string is not closed on its line', [`put '"' at its end; write a line break as '\\n' and a quote as '\\"'`]);

export const unclosedComment = (span: Span): Diagnostic => error('E0103', span, "comment is not closed", ["put '*/' at its end"]);

export const unexpectedCharacters = (span: Span, text: string): Diagnostic =>
  error('E0104', span, `unexpected character${text.length > 1 ? 's' : ''} '${text}'`, [/[\x80-\xff]/.test(text) ? 'characters outside ASCII may stand in strings and comments only' : undefined]);

export const singleQuotes = (span: Span, quoted: string | undefined): Diagnostic =>
  error('E0105', span, "unexpected character '''", [singleQuotesHint(quoted)]);

function singleQuotesHint(quoted: string | undefined): string {
  const inner = quoted?.slice(1, -1);
  if (inner?.length === 1) return `write a string as "${inner}", a character's number as ${inner.charCodeAt(0)}`;
  return `write strings in double quotes${inner === undefined ? '' : `: "${inner}"`}`;
}

export const unclosedEmbedded = (span: Span): Diagnostic => error('E0106', span, "embedded code '%{' is not closed", ["put '%}' at its end"]);

export const missingArgument = (span: Span, word: string, given: number): Diagnostic =>
  error('E0107', span, `script argument '${word}' is missing: ${given === 0 ? 'no argument was' : given === 1 ? 'only 1 argument was' : `only ${given} arguments were`} given`, [
    `give it after the script's name, or ask for the count: %( $# >= ${word.slice(1)} %? ${word} %: DEFAULT %)`,
  ]);

export const nestedArgument = (span: Span, word: string): Diagnostic => error('E0108', span, `script argument uses another script argument, '${word}'`);

export const nulInString = (span: Span): Diagnostic =>
  error('E0109', span, 'a string cannot hold a NUL byte: it would end there', ['print one with printf("%c", 0)']);

// ---- E01xx: preprocessor ------------------------------------------------------

export const badDefinition = (span: Span, found: string, expected: string): Diagnostic =>
  error('E0111', span, `malformed macro definition: expected ${expected}, found ${found}`, ['write @define NAME %( BODY %) or @define NAME(a, b) %( BODY using @a and @b %)']);

export const redefinedMacro = (span: Span, name: string, first: Span): Diagnostic =>
  error('E0112', span, `macro '@${name}' is defined twice`, [], [{ message: 'first defined here', span: first }]);

export const macroArguments = (span: Span, name: string, params: readonly string[], given: number | undefined): Diagnostic =>
  error('E0113', span, given === undefined
    ? `macro '@${name}' needs its argument${params.length === 1 ? '' : 's'}`
    : `macro '@${name}' takes ${params.length} argument${params.length === 1 ? '' : 's'}, not ${given}`, [`write @${name}(${params.join(', ')})`]);

export const unclosedMacroCall = (span: Span, name: string): Diagnostic =>
  error('E0114', span, `arguments of macro '@${name}' are not closed`, ["put ')' at their end"]);

export const recursiveMacro = (span: Span, name: string): Diagnostic => error('E0115', span, `macro '@${name}' uses itself`);

export const expansionTooLong = (span: Span, name: string): Diagnostic => error('E0116', span, `expansion of macro '@${name}' is too long or too deep`);

export const badCondition = (span: Span, found: string, expected: string, hint?: string): Diagnostic =>
  error('E0121', span, `malformed condition: expected ${expected}, found ${found}`, [
    hint ?? 'a condition compares kernel_v, kernel_vr, arch, runtime, systemtap_v, systemtap_privilege, guru_mode, CONFIG_..., a literal or a script argument with a literal',
  ]);

export const unclosedConditional = (span: Span): Diagnostic => error('E0122', span, "conditional '%(' is not closed", ["write %( CONDITION %? TEXT %) or %( CONDITION %? TEXT %: OTHER %)"]);

export const strayConditionalMark = (span: Span, mark: string): Diagnostic =>
  error('E0123', span, `'${mark}' without '%('`, [mark === '%)' || mark === '%:' || mark === '%?' ? "a modulo before a parenthesis or '?' needs a blank: a % (b)" : undefined]);

export const unknownKernel = (span: Span, fact: string): Diagnostic =>
  error('E0124', span, `the script asks for '${fact}', but the release of the target's kernel is not known`, ['name the kernel with -r RELEASE']);

export const onlyDefinitions = (span: Span, found: string): Diagnostic => error('E0125', span, `a macro file (.stpm) holds definitions alone, found ${found}`);

export const unusedArgument = (index: number, text: string): Diagnostic => ({
  code: 'W0101', severity: 'warning', message: `unused command line option $${index + 1}/@${index + 1}: '${text}'`,
});

// ---- E02xx: parser --------------------------------------------------------------

/** The general one: `expected` and `context` are phrases ("')'", "to close the arguments of 'f'"). */
export const unexpected = (span: Span, found: string, expected: string, hints: readonly (string | undefined)[] = [], notes: readonly Note[] = []): Diagnostic =>
  error('E0201', span, `expected ${expected}, found ${found}`, hints, notes);

export const emptyScript = (span: Span, preprocessed: boolean): Diagnostic =>
  error('E0202', span, `script '${span.source.file}' is empty${preprocessed ? ' after preprocessing' : ''}`, ["write at least one probe: probe begin { println(\"hello\") }"]);

export const missingBrace = (span: Span, found: string, opening: Span): Diagnostic =>
  error('E0203', span, `missing '}' before ${found}`, [], [{ message: "this '{' is not closed", span: opening }]);

export const missingClose = (span: Span, found: string, close: string, opening: Span, hint?: string): Diagnostic =>
  error('E0204', span, `expected '${close}', found ${found}`, [hint], [{ message: `to match this '${close === ')' ? '(' : close === ']' ? '[' : '{'}'`, span: opening }]);

export const unknownAtWord = (span: Span, word: string, known: Iterable<string>): Diagnostic =>
  error('E0205', span, `unknown operator or macro '${word}'`, [didYouMean(word, known)]);

export const tooDeep = (span: Span): Diagnostic => error('E0206', span, 'nested too deeply or too long', ['split it over several statements or functions']);

export const notAssignable = (span: Span, operator: string, what: string): Diagnostic =>
  error('E0207', span, `'${operator}' needs a variable, an array element or a target variable on its left, not ${what}`, [
    operator === '=' ? "compare with '=='" : undefined,
  ]);

export const notIncrementable = (span: Span, operator: string, what: string): Diagnostic =>
  error('E0208', span, `'${operator}' needs a variable, an array element or a target variable, not ${what}`);

export const cStyleDeclaration = (span: Span, type: string, name: string): Diagnostic =>
  error('E0209', span, `'${type}' does not declare a variable`, [`local variables are not declared: leave '${type}' out; a variable of the whole script is declared outside of probes by 'global ${name}'`]);

export const missingCondition = (span: Span, found: string, keyword: string): Diagnostic =>
  error('E0210', span, `expected '(' after '${keyword}', found ${found}`, [`write ${keyword} (CONDITION) STATEMENT`]);

export const strayElse = (span: Span, keyword: string, partner: string): Diagnostic =>
  error('E0211', span, `'${keyword}' without '${partner}'`, [keyword === 'else' ? "a ';' between the statement and 'else' ends the 'if'" : undefined]);

export const missingCatch = (span: Span, found: string): Diagnostic =>
  error('E0212', span, `expected 'catch' after the block of 'try', found ${found}`, ['write try { ... } catch { ... } or try { ... } catch (message) { ... }']);

export const outsideOf = (span: Span, keyword: string, where: string): Diagnostic =>
  error('E0213', span, `'${keyword}' outside of ${where}`, [keyword === 'next' ? undefined : keyword === 'return' ? "leave a probe's handler with 'next'" : "leave a probe's handler with 'next', a function with 'return'"]);

export const badDelete = (span: Span): Diagnostic => error('E0214', span, "'delete' needs an array element, an array or a global variable", ['write delete array[key] or delete array']);

export const strayWildcard = (span: Span): Diagnostic => error('E0215', span, "'*' as an index is for 'in', 'foreach' and 'delete' alone");

export const multipleSorts = (span: Span, first: Span): Diagnostic => error('E0216', span, "'foreach' sorts by one thing alone", [], [{ message: 'already sorted here', span: first }]);

export const foreachNeedsIn = (span: Span, found: string): Diagnostic =>
  error('E0217', span, `expected 'in' and an array, found ${found}`, ['write foreach (key in array), foreach ([key1, key2] in array) or foreach (value = [key] in array)']);

export const forIsForeach = (span: Span): Diagnostic => error('E0218', span, "'for' takes three expressions parted by ';'", ["write foreach (key in array) to visit an array's elements"]);

export const literalNeeded = (span: Span, found: string, what: string, hint?: string): Diagnostic => error('E0219', span, `${what} must be a literal, found ${found}`, [hint]);

export const printArguments = (span: Span, name: string, needs: string): Diagnostic => error('E0220', span, `'${name}' needs ${needs}`);

export const bareHistogram = (span: Span, operator: string): Diagnostic =>
  error('E0221', span, `'${operator}' is not a value`, [`print it with print(${operator}(...)), take a bucket with ${operator}(...)[index], or visit the buckets with foreach`]);

export const badTargetName = (span: Span, text: string): Diagnostic => error('E0222', span, `'${text}' is not the name of a target variable`, ["write $name or $$vars; '$' or '$$' at the end print a structure"]);

export const prettyPrintLast = (span: Span): Diagnostic => error('E0223', span, "the pretty-printing '$' must come last");

export const badAddressOf = (span: Span, what: string): Diagnostic => error('E0224', span, `address of ${what} does not exist`, ["'&' before an operand takes the address of a target variable or of a member: &$task->comm"]);

export const regexNotChained = (span: Span, operator: string): Diagnostic => error('E0225', span, `'${operator}' cannot follow a regular expression match or another comparison`, ['put the match into parentheses']);

export const notAnOperator = (span: Span, text: string, hint: string): Diagnostic => error('E0226', span, `there is no operator '${text}'`, [hint]);

export const expectedDeclaration = (span: Span, found: string, hint?: string): Diagnostic =>
  error('E0230', span, `expected 'probe', 'global', 'private', 'function' or '%{', found ${found}`, [hint]);

export const badGlobal = (span: Span, message: string, hint?: string): Diagnostic => error('E0231', span, message, [hint]);

export const badFunction = (span: Span, message: string, hint?: string): Diagnostic => error('E0232', span, message, [hint]);

export const duplicateParameter = (span: Span, name: string, first: Span): Diagnostic =>
  error('E0233', span, `parameter '${name}' is declared twice`, [], [{ message: 'first declared here', span: first }]);

export const badProbePoint = (span: Span, found: string, expected: string, hint?: string): Diagnostic => error('E0234', span, `expected ${expected}, found ${found}`, [hint]);

export const suffixInside = (span: Span): Diagnostic => error('E0235', span, "'?', '!' and 'if' may stand at the end of a probe point alone");

export const badAliasName = (span: Span, message: string): Diagnostic => error('E0236', span, message);

export const epilogueTwice = (span: Span): Diagnostic => error('E0237', span, "an alias made by '+=' has one body, its epilogue", ["write probe NAME = POINT { PROLOGUE }, { EPILOGUE } to have both"]);

export const tooManyPoints = (span: Span): Diagnostic => error('E0238', span, 'the brace lists stand for too many probe points');

export const reservedName = (span: Span, word: string, what: string): Diagnostic => error('E0239', span, `'${word}' is a keyword and cannot name ${what}`, [`rename it, for example to '${word}_'`]);
