import type { CountedRun, Scenario } from './counted-run.ts';

/**
 * Growth of the parcels' write units by their history that is let pass, as a share of the units without. Announcements write
 * no parcel: the scenarios with them need no second run without history.
 */
const toleratedShare: Readonly<Partial<Record<Scenario, number>>> = {
  // The item stays within 1 KiB.
  'catching up': 0,
  'keeping up': 0,
  // From the thirteenth scan or so a write is two units.
  'keeping up with 12 scans a parcel': 0.2,
};

/** Write units of the parcels table in one run with history and in one without, for the same events. */
export type HistoryCost = {
  readonly scenario: string;
  readonly withHistory: number;
  /** Of these: unions that followed a refused write, as a late scan needs. Without history it adds nothing, and the refused write is all. */
  readonly unions: number;
  readonly withoutHistory: number;
  readonly tolerated: number;
  readonly verdict: 'ok' | 'over';
};

/** Whether it is asked what history costs in this scenario. */
export function hasHistoryCost(scenario: Scenario): boolean {
  return scenario in toleratedShare;
}

export function historyCost(scenario: Scenario, withHistory: CountedRun, withoutHistory: CountedRun): HistoryCost {
  const [units, without] = [unitsOf(withHistory), unitsOf(withoutHistory)];
  const { unions } = withHistory.counts;
  const tolerated = Math.floor(without * (1 + (toleratedShare[scenario] ?? 0))) + unions;
  return {
    scenario,
    withHistory: units,
    unions,
    withoutHistory: without,
    tolerated,
    verdict: units > tolerated ? 'over' : 'ok',
  };
}

function unitsOf({ counts }: CountedRun): number {
  return counts.writeUnits['parcels'] ?? 0;
}
