/** The newest kernel that Debian has. */
import { corpusPart } from './corpus.part.js';
import { flamegraphPart } from './flamegraph.part.js';
import { testInGuest } from './parts.js';
import { placesPart } from './places.part.js';

testInGuest('7.2', [corpusPart, placesPart, flamegraphPart]);
