import { type MilestoneName, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { oneOf, quoted, structured, type VariableSchema, wholeNumber } from '@waybill/shared/process/env.ts';
import type { DueSettings } from './notifications/due.ts';
import { requirements, requirementsNamed } from './requirements/requirements.ts';

/** Some of these words, separated by spaces, each once. */
function someOf<T extends string>(
  words: readonly T[],
  options: { readonly default: readonly T[]; readonly meaning: string },
): VariableSchema<readonly T[]> {
  const allowed = `some of ${words.join(', ')}, separated by spaces`;
  return structured<readonly T[]>({ ...options, allowed, shownDefault: `\`${options.default.join(' ')}\`` }, (text) => {
    const named = text.split(/\s+/).filter((word) => word !== '');
    const unknown = named.filter((word) => !words.some((each) => each === word));
    if (named.length > 0 && unknown.length === 0) return { value: words.filter((each) => named.includes(each)) };
    return { problems: [`expected ${allowed}, got ${quoted(unknown[0] ?? text)}`] };
  });
}

/** What is told, and under which conditions: the notifier's, and that of all who notify on demand with its code. */
export const notifyVariables = {
  NOTIFY: someOf<MilestoneName>(milestoneNames, { default: ['delivery'], meaning: 'milestones that are told' }),
  NOTIFY_CORRECTIONS: oneOf(['true', 'false'], {
    default: 'false',
    meaning: 'whether a milestone that changes after it was told is told again, as a correction',
  }),
  NOTIFY_REQUIREMENTS: someOf(
    requirements.map(({ name }) => name),
    {
      default: ['reached'],
      meaning: `conditions that must all hold before a milestone is told. ${requirements.map(({ name, says }) => `\`${name}\`: ${says}`).join('; ')}`,
    },
  ),
  NOTIFY_MAX_AGE_HOURS: wholeNumber({
    min: 0,
    max: 87_600,
    default: 0,
    meaning: 'longest time since a milestone for the requirement `recent`; 0: any',
  }),
};

type NotifyVariables = {
  readonly NOTIFY: readonly MilestoneName[];
  readonly NOTIFY_CORRECTIONS: 'true' | 'false';
  readonly NOTIFY_REQUIREMENTS: readonly string[];
  readonly NOTIFY_MAX_AGE_HOURS: number;
};

/** What the variables say, in the units that the code uses. */
export function settingsOf(read: NotifyVariables): DueSettings {
  return {
    milestones: read.NOTIFY,
    corrections: read.NOTIFY_CORRECTIONS === 'true',
    requirements: requirementsNamed(read.NOTIFY_REQUIREMENTS),
    maxAgeMs: read.NOTIFY_MAX_AGE_HOURS === 0 ? undefined : read.NOTIFY_MAX_AGE_HOURS * 3_600_000,
  };
}
