/** The moment at which every world stands still: the API is given this time of day, and the browser too. */
export const momentMs = Date.parse('2026-11-28T22:15:30.000Z');

/** The time so many seconds before that moment, ISO in UTC. */
export function ago(seconds: number): string {
  return new Date(momentMs - seconds * 1_000).toISOString();
}

/** Unix seconds, so many days after that moment: what a table's TTL has. */
export function inDays(days: number): number {
  return momentMs / 1_000 + days * 86_400;
}

export const minutes = 60;
export const hours = 3_600;
export const days = 86_400;
