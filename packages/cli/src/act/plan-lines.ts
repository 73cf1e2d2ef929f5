import { costInWords, type Plan } from '@waybill/operations/record/plan.ts';
import { counted, pluralOf, shownNumber } from '@waybill/shared/counted.ts';
import { inWords } from '@waybill/shared/field-words.ts';
import type { View } from '../output/view.ts';

/** `1 parcel`, `more than 10,000 parcels`: what the plan is about, with its noun in the singular. */
export function howMany({ count, isMoreThan }: Pick<Plan, 'count' | 'isMoreThan'>, noun: string): string {
  return isMoreThan ? `more than ${shownNumber(count)} ${pluralOf(noun)}` : counted(count, noun);
}

/** The plan for people. */
export function planLines(plan: Plan, view: View): readonly string[] {
  const { count, isMoreThan, byReason, oldestUtc, newestUtc, samples, cost, notLookedAt, warnings } = plan;
  const number = (value: number) => value.toLocaleString('en-US');
  const reasons = Object.entries(byReason)
    .filter(([, of]) => of > 0)
    .toSorted(([, a], [, b]) => b - a);
  return [
    ...view.facts({
      count: `${isMoreThan ? 'more than ' : ''}${number(count)}`,
      of: reasons.length > 0 ? reasons.map(([reason, of]) => `${number(of)} ${reason}`) : undefined,
      oldest: oldestUtc === null ? undefined : view.time(oldestUtc),
      newest: newestUtc === null ? undefined : view.time(newestUtc),
      cost: costInWords(cost),
      'not looked at': notLookedAt.length > 0 ? notLookedAt : undefined,
    }),
    ...sampleLines(samples, view),
    ...warnings.flatMap((warning) =>
      view.wrapped(`Warning: ${withTimes(warning, view)}`).map((line) => view.styled('yellow', line)),
    ),
  ];
}

/** The text with its ISO times as they are shown everywhere. */
function withTimes(text: string, view: View): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (isoUtc) => view.time(isoUtc));
}

/** The samples, without the columns that are empty in each. */
function sampleLines(samples: Plan['samples'], view: View): readonly string[] {
  const shown = (value: string | number | null | undefined) =>
    typeof value === 'string' ? withTimes(value, view) : (value ?? '');
  const names = Object.keys(samples[0] ?? {}).filter((name) => samples.some((sample) => shown(sample[name]) !== ''));
  if (names.length === 0) return [];
  const columns = names.map((name) => ({
    title: inWords(name),
    of: (sample: Plan['samples'][number]) => shown(sample[name]),
    mayBeCut: name === 'detail',
  }));
  return ['', ...view.table(samples, columns)];
}
