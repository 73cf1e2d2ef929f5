import { type MeasuredLoad, measuredLoads } from '@waybill/infra/cost/measured-loads.ts';
import type { Consumption } from '@waybill/local/cost.ts';

const loads = measuredLoads.map((load) => ({
  eventsPerSecond: load.eventsPerSecond,
  consumption: consumptionOf(load),
}));

function consumptionOf({ sqsRequests, writeUnits, reads }: MeasuredLoad): Consumption {
  return { sqsRequests, writeUnits, readUnits: reads };
}

/**
 * What a pipeline that has caught up consumes per second at this rate. Between two measured loads (docs/cost.md) in
 * proportion; below the lowest as much as the lowest; above the highest as much per event as the highest.
 */
export function keepingUp(eventsPerSecond: number): Consumption {
  const [lowest] = loads;
  const highest = loads.at(-1);
  if (!lowest || !highest) throw new Error('no load was measured');
  if (eventsPerSecond <= lowest.eventsPerSecond) return lowest.consumption;
  if (eventsPerSecond >= highest.eventsPerSecond)
    return map(highest.consumption, (quantity) => (quantity * eventsPerSecond) / highest.eventsPerSecond);
  const above = loads.findIndex((load) => load.eventsPerSecond > eventsPerSecond);
  const [low, high] = [loads[above - 1] ?? lowest, loads[above] ?? highest];
  const share = (eventsPerSecond - low.eventsPerSecond) / (high.eventsPerSecond - low.eventsPerSecond);
  return map(low.consumption, (quantity, name) => quantity + share * (high.consumption[name] - quantity));
}

function map(
  { sqsRequests, writeUnits, readUnits }: Consumption,
  change: (quantity: number, name: keyof Consumption) => number,
): Consumption {
  return {
    sqsRequests: change(sqsRequests, 'sqsRequests'),
    writeUnits: change(writeUnits, 'writeUnits'),
    readUnits: change(readUnits, 'readUnits'),
  };
}
