/** What a file format of profiles is. */
import type { ColorScheme } from '../drawing/colors.js';
import type { Grouping } from '../profile/functions.js';
import type { Profile } from '../profile/profile.js';

export interface WriteOptions {
  /** Index into `Profile.valueTypes`, for formats that hold one value. */
  readonly value: number;
  readonly title: string;
  readonly grouping: Grouping;
  /** Callers below callees: the sampled functions are merged first. */
  readonly reverse: boolean;
  /** Roots above. */
  readonly icicle: boolean;
  readonly colors: ColorScheme;
  /** Pixels; narrower frames are not drawn, but counted. */
  readonly minWidth: number;
}

export type Written = string | Uint8Array;

/** Whole files in memory. Readers throw ProfileError for whatever they cannot make sense of, and nothing else. */
export interface ProfileReader {
  readonly name: string;
  /** Whether the file looks like it; `text` is the beginning of `bytes` as UTF-8. */
  readonly recognizes: (bytes: Uint8Array, text: string) => boolean;
  readonly read: (bytes: Uint8Array) => Profile;
}

export interface ProfileWriter {
  readonly name: string;
  /** File name endings by which `-o` chooses it, with the dot. */
  readonly endings: readonly string[];
  /** One line of help. */
  readonly description: string;
  readonly write: (profile: Profile, options: WriteOptions) => Written;
}
