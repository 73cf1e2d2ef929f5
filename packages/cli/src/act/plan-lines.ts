import type { Plan } from '@waybill/operations/record/plan.ts';
import type { View } from '../output/view.ts';

/** The plan for people. */
export function planLines(plan: Plan, view: View): readonly string[] {
  const { count, isMoreThan, byReason, oldestUtc, newestUtc, samples, cost, notLookedAt, warnings } = plan;
  const number = (value: number) => value.toLocaleString('en-US');
  const reasons = Object.entries(byReason).toSorted(([, a], [, b]) => b - a);
  const spent = Object.entries({
    'SQS requests': cost.sqsRequests,
    'read units': cost.readUnits,
    'write units': cost.writeUnits,
  }).flatMap(([what, amount]) => (amount > 0 ? [`${number(Math.ceil(amount))} ${what}`] : []));
  return [
    ...view.facts({
      count: `${isMoreThan ? 'more than ' : ''}${number(count)}`,
      of: reasons.length > 0 ? reasons.map(([reason, of]) => `${number(of)} ${reason}`) : undefined,
      oldest: oldestUtc === null ? undefined : view.time(oldestUtc),
      newest: newestUtc === null ? undefined : view.time(newestUtc),
      cost: `${dollarsOf(cost.dollars)}${spent.length > 0 ? `: ${spent.join(', ')}` : ''}`,
      'not looked at': notLookedAt.length > 0 ? notLookedAt : undefined,
    }),
    ...sampleLines(samples, view),
    ...warnings.flatMap((warning) => view.wrapped(`Warning: ${warning}`).map((line) => view.styled('yellow', line))),
  ];
}

/** `$0.0012`: small sums are what most acts cost. */
function dollarsOf(dollars: number): string {
  if (dollars === 0) return '$0';
  return dollars >= 0.01
    ? `$${dollars.toFixed(2)}`
    : `$${Number(dollars.toPrecision(2)).toFixed(8).replace(/0+$/, '')}`;
}

function sampleLines(samples: Plan['samples'], view: View): readonly string[] {
  const [first] = samples;
  if (!first) return [];
  const titles = Object.keys(first);
  const columns = titles.map((title) => ({
    title,
    of: (sample: Plan['samples'][number]) => sample[title] ?? '',
    mayBeCut: title === 'detail',
  }));
  return ['', ...view.table(samples, columns)];
}
