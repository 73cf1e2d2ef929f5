import type { Deployment } from './deployment.ts';
import type { MeasuredLoad } from './measured-loads.ts';
import { millionEventsPerMonth, monthlyCost, total } from './monthly-cost.ts';
import { rate, row, usd } from './page-format.ts';
import { parcelItemBytes } from './parcel-item.ts';
import {
  byDefault,
  comparedKeepings,
  daysUnderWay,
  daysUntilDeleted,
  indexUnitsPerEvent,
  type Keeping,
  neverDelivered,
  shownRetention,
  tableStorage,
} from './stored-parcels.ts';

const retentions: readonly Keeping[] = [...comparedKeepings, { ...byDefault, years: 3 }];

/** What the parcels table holds and costs by `PARCEL_RETENTION_DAYS`, with history and without, with the index of open parcels and without. */
export function keepingSection(deployment: Deployment, loads: readonly MeasuredLoad[]): string[] {
  const rates = loads.map(rate);
  const numbers = loads.map(() => '---:');
  const stored = (keeping: Keeping) => loads.map((load) => gigabytes(tableStorage(load.eventsPerSecond, keeping)));
  const storageRow = (name: string, keeping: Keeping) =>
    row(name, ...stored(keeping), ...loads.map((load) => usd(storageCost(deployment, load, keeping))));
  const bills = (keeping: Keeping) => loads.map((load) => total(monthlyCost(deployment, load, keeping)));
  const bytes = (history: boolean, retentionDays: number) => Math.round(parcelItemBytes({ history, retentionDays }));
  return [
    '## How long parcels are kept',
    '',
    `\`PARCEL_RETENTION_DAYS\` is the number of days that a parcel is kept after its delivery; 0 keeps it for ever. DynamoDB deletes what has expired, and bills no write for it. Gigabytes of the parcels table, and what it costs per month with its point-in-time recovery:`,
    '',
    row('parcels kept', ...rates.map((each) => `GB at ${each}`), ...rates.map((each) => `$ at ${each}`)),
    row('---', ...numbers, ...numbers),
    ...retentions.map((keeping) => storageRow(shownRetention(keeping), keeping)),
    storageRow(`${shownRetention(byDefault)}, with \`HISTORY_EVENTS=0\``, { ...byDefault, history: false }),
    '',
    `The whole bill per month, and per million events, without the index \`open-parcels\` and with it (the context key \`openIndex\`):`,
    '',
    row('parcels kept', 'index', ...rates, ...rates.map((each) => `per million at ${each}`)),
    row('---', '---', ...numbers, ...numbers),
    ...retentions.flatMap((retention) =>
      [false, true].map((openIndex) => {
        const totals = bills({ ...retention, openIndex });
        const perMillion = totals.map((bill, i) => usd(bill / millionEventsPerMonth(loads[i])));
        return row(shownRetention(retention), openIndex ? 'yes' : 'no', ...totals.map(usd), ...perMillion);
      }),
    ),
    '',
    `- **A parcel** takes ${bytes(true, 0)} bytes with its history, ${bytes(true, 90)} when it expires, and ${bytes(false, 0)} without history; all include the 100 bytes that DynamoDB adds. [An item up to 1 KiB is one write unit](scale.md#what-goes-in), with or without history.`,
    `- **With days of retention the table stops growing** once that time has passed: from then on it holds the parcels of ${daysUnderWay} days under way, of the retention, and of ${daysUntilDeleted} days until DynamoDB deletes them (the ${daysUnderWay} and the ${daysUntilDeleted} are assumed; DynamoDB says "within a few days"). Parcels whose delivery never comes do not expire. They are ${neverDelivered * 100} % here, as in the simulated feed, those of three years.`,
    `- **The index** is written when a parcel is seen first, and when it is delivered: ${indexUnitsPerEvent.toFixed(2)} write units per event, in addition to those of the table. It holds the keys of what is under way, so its storage hardly counts. Point-in-time recovery does not include it.`,
  ];
}

function storageCost(deployment: Deployment, load: MeasuredLoad, keeping: Keeping): number {
  const lines = monthlyCost(deployment, load, keeping);
  const ofTable = lines.filter(
    ({ what, price }) => (price === 'tableStorage' && what.startsWith('parcels')) || price === 'pointInTimeRecovery',
  );
  return total(ofTable);
}

function gigabytes(quantity: number): string {
  return quantity.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}
