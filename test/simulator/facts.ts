import type { World } from './run-seeds.ts';

/** Faults and turns that seeds must meet: that a fault was met at all must not be taken on trust. */
type Facts = {
  /** Met in one seed of ten or more: in a few dozen of them. */
  readonly common: string[];
  /** Met in one seed of a hundred or so: in some thousands. */
  readonly rare: string[];
};

const ofConsumer: Facts = {
  common: [
    'crashes',
    'clean stops',
    'splits',
    'messages received again',
    'messages dead-lettered',
    'calls refused',
    'calls done, answer lost',
    'calls out, throttled',
    'calls out, forbidden',
    'calls rejected by the engine itself',
  ],
  rare: [
    'freezes',
    'unharmed messages dead-lettered',
    'calls received, answer lost',
    'calls done, hung',
    'calls to be done late, hung',
    'calls out, silent',
  ],
};

/** What a webhook may respond that tells nothing of a notification, by the contract; what it refuses is a fact of its own. */
const answers = ['nothing', 301, 302, 307, 308, 401, 403, 404, 405, 408, 410, 425, 429, 500, 502, 503] as const;

export const facts: Readonly<Record<World, Facts>> = {
  whole: {
    common: [
      ...ofConsumer.common,
      'takeovers',
      'late events merged',
      'failures of a parcel on record',
      'pages read at once',
      'gap ledgers written',
      'watermarks below the checkpoint',
      'late elements passed on',
      'marks of a sparse feed written',
      'marks of a sparse feed taken over',
      'calls of several statements',
      'calls of statements cut off',
      'statements that missed',
      'statements throttled',
      'histories at their bound',
      'histories united',
      'items of an old release marked',
      'repairs, repaired',
      'repairs, nothing left',
      'removed events put again',
    ],
    rare: [
      ...ofConsumer.rare,
      'resets',
      'crashes in mid-stripe',
      'calls of statements refused whole',
      'histories of another release trimmed',
      'repairs, unchanged',
      'parcels opened again by a repair',
      'announcement messages',
      'milestones announced again',
      'milestones too old to be announced',
      'milestones never to be announced',
    ],
  },
  pushed: {
    common: ['pushes accepted', 'pushes repeated', 'pushes key reused', 'pushes failed', 'batches completed at rest'],
    rare: [
      ...ofConsumer.common,
      'crashes in mid-push',
      'pushes under way',
      'pushes not confirmed',
      'pushes confirmed by two requests',
      'keys taken over',
      'batches packed anew',
      'parts settled before',
      'batches failed at rest',
      'failures of a batch cured',
    ],
  },
  notified: {
    common: [
      ...ofConsumer.common.filter((fact) => fact !== 'splits' && fact !== 'calls rejected by the engine itself'),
      'announcement messages of several',
      'milestones announced again',
      'milestones too old to be announced',
      'milestones never to be announced',
      'announcement messages received again',
      'notifications told',
      'notifications told again',
      'notifications refused',
      'announcements dead-lettered as refused',
      'corrections told',
      'records, requirements-not-met',
      'records, failed',
      'reports',
    ],
    rare: [
      'freezes',
      'announcements split off',
      'announcements of what is not in state',
      'notifications written by another meanwhile',
      'announcements out, refused',
      'announcements out, silent',
      'webhook out, refused',
      'webhook out, silent',
      'webhook out, throttled',
      'webhook out, forbidden',
      'webhook out for long',
      'webhook done, answer lost',
      'webhook to be done late, hung',
      ...answers.map((answer) => `webhook responds ${answer}`),
      'calls done, hung',
      'calls to be done late, hung',
      'calls out, silent',
    ],
  },
  list: { common: [...ofConsumer.common, 'items put again'], rare: ofConsumer.rare },
};
