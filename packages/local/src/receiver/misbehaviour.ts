import { deckOf, randomOf } from '@waybill/carrier/feed/random.ts';

/** What a receiver does wrong. */
export const misbehaviours = [
  /** 500, 503 with Retry-After, 429. */
  'serverError',
  'unavailable',
  'tooMany',
  /** No response, for as long as the caller waits. */
  'hang',
  /** The connection ends without a response. */
  'cut',
  /** The same, once the notification is taken. */
  'lost',
  /** Takes the notification and responds when the caller has given up. */
  'late',
  /** Takes it, and its response never comes to an end. */
  'drip',
  /** 307 to somewhere else. */
  'redirect',
  /** 401 to everything, for a while. */
  'unauthorized',
] as const;

export type Misbehaviour = (typeof misbehaviours)[number];

export type MisbehaviourPlan = {
  /** Everything follows from it. */
  readonly seed: number;
  /** One of so many requests meets one misbehaviour, at random. */
  readonly every: number;
  /** So many times in all; then the receiver is well. */
  readonly times: number;
};

/** Decides, request after request, what is done wrong. All kinds come once before any comes again. */
export function planned({ seed, every, times }: MisbehaviourPlan): () => Misbehaviour | undefined {
  const random = randomOf(seed, 'receiver');
  const next = deckOf(misbehaviours, random);
  let request = 0;
  let at = random.below(every);
  let done = 0;
  return () => {
    const isDue = done < times && request === at;
    if (isDue) at = ++done * every + random.below(every);
    request += 1;
    return isDue ? next() : undefined;
  };
}

export const noMisbehaviours: Readonly<Record<Misbehaviour, number>> = {
  serverError: 0,
  unavailable: 0,
  tooMany: 0,
  hang: 0,
  cut: 0,
  lost: 0,
  late: 0,
  drip: 0,
  redirect: 0,
  unauthorized: 0,
};
