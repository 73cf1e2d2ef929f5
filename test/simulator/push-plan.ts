import { chanceOf } from './chance.ts';
import type { CrashPoint } from './faults.ts';
import type { Incident, Plan } from './plan.ts';

/** One push of a partner: a slice of the feed's elements, sent again until an answer says that it is accepted. */
export type PlannedPush = {
  readonly atMs: number;
  /** Where the slice begins, as a share of the feed, and how many elements it has. */
  readonly from: number;
  readonly elements: number;
  /** Undefined: each try is a push of its own. */
  readonly key: string | undefined;
  /** Milliseconds until the partner gives up waiting, and tries again. */
  readonly patienceMs: number;
  /** The same request at once a second time. */
  readonly isTwin: boolean;
  /** Once accepted, it is sent again with the same body, with another one, or not. */
  readonly afterwards: 'nothing' | 'the same' | 'another body';
};

export type PushPlan = {
  readonly apis: number;
  /** Bytes of a pack, by the place of the API's process: while another release is deployed, two pack differently. */
  readonly messageMaxBytes: readonly number[];
  readonly pushes: readonly PlannedPush[];
};

/** Partners that push what the poller reads, too. Of streams of its own, so that the world is otherwise that of the same seed. */
export function withPushes(plan: Plan): { readonly plan: Plan; readonly pushPlan: PushPlan } {
  const chance = chanceOf(plan.seed, 'pushes');
  const untilMs = Math.min(plan.faults.faultsEndMs, 90_000);
  const isCalm = plan.onlyOutages;
  const apis = chance.between(1, 2);
  const { messageMaxBytes } = plan.poller;
  const pushes = Array.from(
    { length: chance.between(2, 6) },
    (_, index): PlannedPush => ({
      atMs: chance.between(0, untilMs),
      from: chance.next(),
      elements: chance.between(1, 40),
      key: chance.happens(0.85) ? `push-${index}` : undefined,
      patienceMs: chance.between(2_000, 20_000),
      isTwin: chance.happens(0.25),
      afterwards: chance.pick(['nothing', 'the same', 'another body']),
    }),
  );
  const ofApi = (): Incident => {
    const whom = { kind: 'api', index: chance.between(1, apis) } as const;
    const atMs = chance.between(0, untilMs);
    return chance.happens(0.3)
      ? { what: 'freeze', ...whom, atMs, forMs: chance.between(500, 30_000) }
      : { what: chance.pick(['stop', 'crash']), ...whom, atMs };
  };
  const several = <T>(most: number, make: () => T) => Array.from({ length: chance.between(0, most) }, make);
  const crashPoints = several(
    4,
    (): CrashPoint => ({
      kind: 'api',
      call: Math.floor(Math.exp(chance.next() * Math.log(60))),
      when: chance.pick(['asking', 'done', 'answered']),
    }),
  );
  return {
    plan: {
      ...plan,
      incidents: [...plan.incidents, ...(isCalm ? [] : several(3, ofApi))],
      faults: { ...plan.faults, crashPoints: [...plan.faults.crashPoints, ...(isCalm ? [] : crashPoints)] },
    },
    pushPlan: {
      apis,
      messageMaxBytes: [messageMaxBytes, chance.happens(0.3) ? chance.between(1_024, 3_000) : messageMaxBytes],
      pushes,
    },
  };
}
