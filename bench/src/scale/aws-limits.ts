import { mostInHandPerReceiver } from '@waybill/consumer/prefetch.ts';
import { indexUnitsPerEvent } from '@waybill/infra/cost/stored-parcels.ts';
import { processorVariables } from '@waybill/processor/config.ts';
import { openShards } from '@waybill/shared/resources.ts';
import { accountLimits, limits } from './limits.ts';
import { integer, most, row } from './page-format.ts';
import { rateOf, unitsOfAnEvent } from './scenarios.ts';
import type { Simulation } from './simulations.ts';

/** AWS's limits as a table, and what one environment of a simulation needs of each. */
export function awsLimitsTable(simulation: Simulation): string[] {
  const needed = neededOf(simulation);
  return [
    row('limit', 'default', 'can be raised', 'needed here'),
    row('---', '---', '---', '---'),
    ...limits.map(({ what, limit, adjustable, page }, index) =>
      row(`[${what}](${page})`, limit, adjustable, needed[index] ?? ''),
    ),
  ];
}

/** The limits of an account and region, and what an environment takes of each. */
export function accountLimitsTable(): string[] {
  return [
    row('limit', 'default', 'can be raised', 'an environment takes'),
    row('---', '---', '---', '---'),
    ...accountLimits.map(({ what, limit, adjustable, page, taken }) =>
      row(`[${what}](${page})`, limit, adjustable, taken),
    ),
  ];
}

/** What one environment needs of each of {@link limits}, in their order. */
function neededOf({ scale, environment, result }: Simulation): string[] {
  const { context, maxQueueMessages } = environment;
  const { peak } = rateOf(scale);
  const tasks = most(result.running);
  const started = result.running.map((count, minute) => count - (result.running[minute - 1] ?? count));
  const units = (most(result.storedEvents) / 60) * unitsOfAnEvent;
  const messages = most(result.stored) / 60;
  const receivers = processorVariables.RECEIVERS.parse(context.processorVariables['RECEIVERS']);
  const inHand = {
    ordinary: receivers * mostInHandPerReceiver.ordinary,
    behind: receivers * mostInHandPerReceiver.behind,
  };
  const vcpus = tasks * (context.processorSize.cpu / 1_024) + context.pollerSize.cpu / 1_024;
  return [
    `${integer(messages)} messages per second, ten per call`,
    `${integer(tasks * inHand.behind)}: up to ${inHand.behind} per processor while it is behind, ${inHand.ordinary} otherwise`,
    `${integer(most(result.queued))}; reading pauses at ${integer(maxQueueMessages)}`,
    `${integer(peak * unitsOfAnEvent)} at the peak of an ordinary day`,
    'the table took what a day needs on the day before; after the outage it takes twice that at once, and twice again half an hour later',
    `${integer(units)} after the outage`,
    'however many scans of a parcel one receive brings, the parcel is written once',
    `${integer((most(result.storedEvents) / 60) * (indexUnitsPerEvent / openShards))} after the outage, on each of ${openShards}`,
    `${integer(most(started))} in a minute`,
    `${integer(most(started) * scale.feeds)} in a minute, in all environments`,
    `${integer(vcpus)}, ${integer(vcpus * scale.feeds)} in all environments`,
  ];
}
