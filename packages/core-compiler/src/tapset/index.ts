/** The library of aliases, functions and macros: found by name, parsed only when used. */
export { createTapsetLibrary, firstComponent } from './library.js';
export type { TapsetFile, TapsetLibrary } from './library.js';
