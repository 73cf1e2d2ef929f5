import { prices } from '@waybill/infra/cost/prices.ts';
import {
  byDefault,
  comparedKeepings,
  daysPerYear,
  indexUnitsPerEvent,
  type Keeping,
  parcelsStored,
  shownRetention,
  tableStorage,
} from '@waybill/infra/cost/stored-parcels.ts';
import { shownDollars } from '@waybill/local/cost.ts';
import { keepingUp } from './keeping-up.ts';
import { head, integer, row, threeDigits } from './page-format.ts';
import { type Scale, scales } from './scales.ts';
import { rateOf } from './scenarios.ts';

/** US dollars for a gigabyte and month. */
const storagePrice = prices.tableStorage.usd + prices.pointInTimeRecovery.usd;

/** Events per second of all feeds of a scale. */
const rate = (scale: Scale) => rateOf(scale).mean * scale.feeds;

/** What the parcels tables hold at each scale, over all feeds, and what the index of open parcels costs. */
export function storageSection(): string[] {
  const cells = (of: (eventsPerSecond: number) => string) => scales.map((scale) => of(rate(scale)));
  const gigabytes = (keeping: Keeping) => (eventsPerSecond: number) =>
    threeDigits(tableStorage(eventsPerSecond, keeping));
  const aMonth = (keeping: Keeping) => (eventsPerSecond: number) =>
    shownDollars(tableStorage(eventsPerSecond, keeping) * storagePrice);
  const kept = (keeping: Keeping) => `kept ${shownRetention(keeping)}`;
  return [
    'A parcel is stored with its history. How long it is kept after its delivery is a setting, `PARCEL_RETENTION_DAYS`; [what it costs](cost.md#how-long-parcels-are-kept) has the bytes and the assumptions. All feeds together:',
    '',
    ...head('events per hour', ...scales.map(({ name }) => name)),
    row('new parcels per day', ...cells((events) => integer(parcelsStored(events, byDefault) / daysPerYear))),
    row('gigabytes of a day', ...cells((events) => threeDigits(tableStorage(events, byDefault) / daysPerYear))),
    ...comparedKeepings.map((keeping) => row(`gigabytes, ${kept(keeping)}`, ...cells(gigabytes(keeping)))),
    ...comparedKeepings.map((keeping) =>
      row(`storage and point-in-time recovery per month, ${kept(keeping)}`, ...cells(aMonth(keeping))),
    ),
    row(
      'the index `open-parcels`, writes of a day',
      ...cells((events) => shownDollars(events * 86_400 * indexUnitsPerEvent * prices.writeUnit.usd)),
    ),
    '',
    `From a million events per hour, the storage of parcels that are kept for ever costs more per month than their writes after ${integer(monthsUntilStorageLeads())} months. The index is not in the costs of a day above; a deployment has it where it asks for it (\`openIndex\`).`,
  ];
}

/** Months after which the storage of a month costs more than its writes, when nothing is deleted. */
function monthsUntilStorageLeads(): number {
  const eventsPerSecond = rate(scales[1]);
  const writes = keepingUp(eventsPerSecond).writeUnits * (daysPerYear / 12) * 86_400 * prices.writeUnit.usd;
  const growth = (tableStorage(eventsPerSecond, byDefault) / 12) * storagePrice;
  return writes / growth;
}
