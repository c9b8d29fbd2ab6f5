/** Debian 13's kernel: netfilter hooks, and source files of its functions from the shipped table. */
import { aliasesPart } from './aliases.part.js';
import { corpusPart } from './corpus.part.js';
import { nfsPart, rootPart, scsiPart } from './module-aliases.part.js';
import { onlyWhenAsked, testInGuest } from './parts.js';
import { placesPart } from './places.part.js';
import { seedsPart } from './seeds.part.js';

testInGuest('6.12', [corpusPart, seedsPart, placesPart, ...[aliasesPart, nfsPart, scsiPart, rootPart].flatMap(onlyWhenAsked)]);
