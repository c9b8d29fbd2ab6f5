/** Regular expressions: parsed and made into a table once, walked by both executors. */
export { RegexError } from './parse-regex.js';
export { REGEX_ACCEPT, REGEX_REJECT, compileRegex, matchesRegex } from './regex-automaton.js';
export type { RegexAutomaton } from './regex-automaton.js';
export { matchedGroups } from './regex-groups.js';
export { compileRegexProgram } from './regex-program.js';
export type { RegexProgram } from './regex-program.js';
export { GROUP_DEAD, GROUP_POSITION_MASK, GROUP_SLOT_SHIFT, compileGroupTables, groupsByTables } from './regex-group-tables.js';
export type { GroupTables } from './regex-group-tables.js';
