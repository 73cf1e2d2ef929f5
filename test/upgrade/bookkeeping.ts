import type { Item, Release } from './release.ts';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const count = /^\d+$/;

/** Attributes whose value depends on when and how often something was written, with the form that the value has. */
const bookkeeping: Readonly<Record<string, RegExp>> = {
  updatedAtUtc: instant,
  firstFailedAtUtc: instant,
  lastFailedAtUtc: instant,
  resolvedAtUtc: instant,
  expiresAt: count,
  openedAtMs: count,
  revision: count,
  leaseCounter: count,
  leaseHolder: /^[0-9a-f]{32}\/\d+$/,
  // For a person: words, not a contract.
  detail: /./,
};

/** A release without what differs from run to run. */
export function comparable({ messages, parcels, failures, interrupted, checkpoints }: Release): Release {
  const { taken, held, released } = checkpoints;
  return {
    messages,
    parcels: parcels.map(withoutBookkeeping),
    failures: failures.map(withoutBookkeeping),
    interrupted: withoutBookkeeping(interrupted),
    checkpoints: {
      taken: withoutBookkeeping(taken),
      held: withoutBookkeeping(withoutCaughtUp(held)),
      released: withoutBookkeeping(withoutCaughtUp(released)),
    },
  };
}

/** Which of the next writes it goes with is a matter of milliseconds. */
function withoutCaughtUp({ caughtUpAtUtc, ...item }: Item): Item {
  return item;
}

/** The item with the form in place of each value that differs from run to run; a value of another form stays and is seen. */
function withoutBookkeeping(item: Item): Item {
  const entries = Object.entries(item).map(([name, value]) => {
    const form = bookkeeping[name];
    const [[type = '', text = ''] = []] = Object.entries(value);
    return [name, form?.test(text) ? { [type]: String(form) } : value];
  });
  return Object.fromEntries(entries);
}
