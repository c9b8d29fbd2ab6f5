/** What `set` and `show` know: stap's names for the options that matter at the prompt. */
import { UsageError } from '@stapkit/cli-kit';
import type { StapOptions } from '../options.js';

export interface InteractiveOptions extends StapOptions {
  /** Passes 1 and 2 look at what `load` and `edit` bring. */
  readonly autoAnalyze: boolean;
}

interface Setting {
  readonly name: string;
  readonly meaning: string;
  readonly shown: (options: InteractiveOptions) => string;
  /** undefined: the value is not one. */
  readonly changed: (value: string) => Partial<InteractiveOptions> | undefined;
  readonly values: string;
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

function flag(name: string, meaning: string, key: 'keepFiles' | 'guru' | 'suppressWarnings' | 'panicWarnings' | 'timing' | 'autoAnalyze'): Setting {
  return {
    name, meaning, values: 'yes or no', shown: (options) => yesOrNo(options[key]),
    changed: (value) => (/^(?:yes|on|true|1)$/i.test(value) ? { [key]: true } : /^(?:no|off|false|0)$/i.test(value) ? { [key]: false } : undefined),
  };
}

export const SETTINGS: readonly Setting[] = [
  flag('keep_tmpdir', 'keep the intermediate files of the passes (-k)', 'keepFiles'),
  { name: 'last_pass', meaning: 'the pass after which to stop (-p)', values: 'a number from 1 to 5', shown: ({ lastPass }) => String(lastPass), changed: (value) => (/^[1-5]$/.test(value) ? { lastPass: Number(value) as StapOptions['lastPass'] } : undefined) },
  { name: 'verbose', meaning: 'how much is told of the passes (-v)', values: 'a number from 0 to 9', shown: ({ verbosity }) => String(verbosity), changed: (value) => (/^\d$/.test(value) ? { verbosity: Number(value), passVerbosity: [1, 2, 3, 4, 5].map(() => Number(value)) } : undefined) },
  flag('guru_mode', 'guru mode (-g)', 'guru'),
  flag('suppress_warnings', 'leave warnings out (-w)', 'suppressWarnings'),
  flag('panic_warnings', 'treat warnings as errors (-W)', 'panicWarnings'),
  flag('timing', 'report how often each probe ran, and how long (-t)', 'timing'),
  { name: 'unoptimized', meaning: 'as -u, without effect: code is always optimized', values: 'no', shown: () => 'no', changed: (value) => (/^(?:no|off|false|0)$/i.test(value) ? {} : undefined) },
  { name: 'target_pid', meaning: 'the process that is the target() (-x); 0 for none', values: 'a process id', shown: ({ targetPid }) => String(targetPid ?? 0), changed: (value) => (/^\d{1,9}$/.test(value) ? { targetPid: Number(value) === 0 ? undefined : Number(value), ...(Number(value) === 0 ? {} : { command: undefined }) } : undefined) },
  { name: 'cmd', meaning: 'the command that is started, and is the target() (-c); nothing for none', values: 'a command', shown: ({ command }) => command ?? '', changed: (value) => ({ command: value === '' ? undefined : value, ...(value === '' ? {} : { targetPid: undefined }) }) },
  flag('auto_analyze', 'let passes 1 and 2 look at what load and edit bring', 'autoAnalyze'),
];

function settingNamed(name: string): Setting {
  const found = SETTINGS.find((one) => one.name === name);
  if (found === undefined) throw new UsageError(`there is no setting '${name}'`, `there are: ${SETTINGS.map((one) => one.name).join(', ')}`, 1);
  return found;
}

/** The settings with their values, a line each; one alone by its name. @throws UsageError for an unknown name */
export function showSettings(options: InteractiveOptions, name: string): string {
  const shown = name === '' ? SETTINGS : [settingNamed(name)];
  return shown.map((one) => `${one.name}: ${one.shown(options)}\n`).join('');
}

/** @throws UsageError for an unknown name or value */
export function changeSetting(options: InteractiveOptions, name: string, value: string): InteractiveOptions {
  const setting = settingNamed(name);
  const changed = setting.changed(value);
  if (changed === undefined) throw new UsageError(`set ${name}: '${value}' is not ${setting.values}`, undefined, 1);
  return { ...options, ...changed };
}

export function settingsHelp(): string {
  return SETTINGS.map(({ name, meaning }) => `  ${name.padEnd(18)} ${meaning}\n`).join('');
}
