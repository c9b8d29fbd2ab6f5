/** Questions to readers of broken files, counted by what came of them. */
import { DebugInfoError } from '../errors.js';

/** How many of the questions were answered, and how many gave DebugInfoError. Other errors pass through. */
export interface Answers { answered: number; refused: number }

export class Questions implements Answers {
  answered = 0;
  refused = 0;

  ask<T>(question: () => T): T | undefined {
    try {
      const answer = question();
      this.answered++;
      return answer;
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
      this.refused++;
      return undefined;
    }
  }
}
