import type { AnnouncePlan } from './announcement-judge.ts';
import { chanceOf } from './chance.ts';
import type { Outage } from './faults.ts';
import type { Plan } from './plan.ts';

/** The share of seeds of the whole world in which processors announce milestones. */
const announcing = 0.3;
/** Clocks are two hours off there, and times lie within one hour: the bound takes all, none, or what a clock says. */
export const clockSlackMs = 7_300_000;

/**
 * The announcements of a seed of the whole world; undefined where there are none. Of streams of its own, so that a seed without
 * them stays as it is.
 */
export function withAnnouncements(plan: Plan): { readonly plan: Plan; readonly announce: AnnouncePlan | undefined } {
  const chance = chanceOf(plan.seed, 'announced');
  if (!chance.happens(announcing)) return { plan, announce: undefined };
  const fromMs = chance.between(0, 60_000);
  const away: Outage = {
    engine: 'announcements',
    fromMs,
    toMs: fromMs + chance.between(5_000, 125_000),
    share: 1,
    as: chance.pick(['refused', 'silent', 'forbidden', 'throttled']),
    only: undefined,
    sparesReads: false,
  };
  const { faults, parcelTable } = plan;
  // Nothing else may be wrong there, so that the DLQ and other partitions can be judged.
  const isStrict = faults.lostReceives !== undefined || parcelTable.throttledPartition?.othersAreWell === true;
  const outages = !isStrict && chance.happens(0.5) ? [...faults.outages, away] : faults.outages;
  return {
    plan: {
      ...plan,
      faults: {
        ...faults,
        rates: { ...faults.rates, ...(faults.rates.sqs && { announcements: faults.rates.sqs }) },
        outages,
        faultsEndMs: Math.max(faults.faultsEndMs, ...outages.map(({ toMs }) => toMs)),
      },
    },
    announce: {
      queues: chance.between(1, 2),
      // Some 34,000 hours: that is how long ago the feed's scans were.
      maxAgeMs: chance.pick([0, 0, 72, 34_031.5]) * 3_600_000,
    },
  };
}
