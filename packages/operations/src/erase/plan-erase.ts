import type { SQSClient } from '@aws-sdk/client-sqs';
import { counted } from '@waybill/shared/counted.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { isoTime, readDeadLetter } from '../dead-letters/dead-letter.ts';
import { countsOf, type DeadLetterQueue, openDeadLetters } from '../dead-letters/dead-letter-queue.ts';
import { notLookedAt } from '../dead-letters/not-looked-at.ts';
import { type WalkDependencies, walkDeadLetters } from '../dead-letters/walk.ts';
import type { Deployment } from '../deployment.ts';
import { costOf, mostSamples, type Plan } from '../record/plan.ts';
import { type FailureBodiesDependencies, recordsWith } from './failure-bodies.ts';
import type { PersonText } from './person-text.ts';

export type EraseDependencies = Omit<WalkDependencies, 'deadLetters'> &
  FailureBodiesDependencies & {
    readonly sqs: SQSClient;
    readonly deployment: Pick<Deployment, 'failuresTable' | 'scanQueueUrl'>;
  };

/** What will be erased. */
export type PlannedErase = {
  readonly plan: Plan;
  readonly person: PersonText;
  readonly deadLetters: DeadLetterQueue;
  /** Dead letters that it did not look at, a sentence each; in the plan, too. */
  readonly unseen: readonly string[];
};

export type EraseProgress = (what: string, done: number, total?: number) => void;

/**
 * Counts the dead letters and failure records that name a person; `byReason` tells the two apart. Changes nothing. Rejects
 * with the signal's reason once it aborts.
 */
export async function planErase(
  { sqs, ...deps }: EraseDependencies,
  person: PersonText,
  onProgress: EraseProgress,
  signal: AbortSignal,
): Promise<PlannedErase> {
  const { scanQueueUrl } = deps.deployment;
  const deadLetters = await openDeadLetters(sqs, scanQueueUrl);
  const samples: Record<string, string | null>[] = [];
  const times: string[] = [];
  const add = (failureId: string, place: string, time: string | null) => {
    if (time) times.push(time);
    if (samples.length < mostSamples) samples.push({ failureId: recorded(failureId), place, atUtc: time });
  };
  let [messages, records, scanned, readUnits, inWords] = [0, 0, 0, 0, 0];
  const walk = await walkDeadLetters(
    { ...deps, deadLetters },
    async (received) => {
      for (const message of received.filter((one) => names(person, one))) {
        const { failureId, sentAtMs } = readDeadLetter(message);
        messages += 1;
        if (textsThatName(person, message).every(person.isPartOfWords)) inWords += 1;
        add(failureId, 'dead letter', isoTime(sentAtMs));
      }
      return { settled: [] };
    },
    { onProgress: (done, total) => onProgress('dead letters read', done, total) },
    signal,
  );
  for await (const page of recordsWith(person, deps, signal)) {
    scanned += page.records;
    readUnits += page.readUnits;
    records += page.found.length;
    inWords += page.found.filter(({ isPartOfWords }) => isPartOfWords).length;
    for (const { failureId, lastFailedAtUtc } of page.found) add(failureId, 'failure record', lastFailedAtUtc);
    onProgress('failure records read', scanned);
  }
  signal.throwIfAborted();
  const { waiting, inFlight } = await countsOf(sqs, scanQueueUrl);
  times.sort();
  const unseen = notLookedAt(walk);
  const plan: Plan = {
    count: messages + records,
    isMoreThan: !walk.isAll,
    byReason: { 'dead letters': messages, 'failure records': records },
    oldestUtc: times[0] ?? null,
    newestUtc: times.at(-1) ?? null,
    samples,
    cost: costOf({
      sqsRequests: Math.ceil(walk.lookedAt / 5) + Math.ceil(messages / 10),
      readUnits,
      // A record may hold 64 KiB; most hold less than one.
      writeUnits: records * 2,
    }),
    notLookedAt: [...unseen, ...unlooked(waiting + inFlight)],
    warnings:
      inWords > 0
        ? [
            `${inWords} of them have the text in longer words only: they may be about somebody else, and are deleted all the same`,
          ]
        : [],
  };
  return { plan, person, deadLetters, unseen };
}

/** Null for an id that is a hash of the body, which may hold little but the person's text: that is found by trying. */
function recorded(failureId: string): string | null {
  return failureId.startsWith('body-') ? null : failureId;
}

/** Whether the body of a message or one of its attributes names the person. */
export function names(person: PersonText, message: ReceivedMessage): boolean {
  return textsThatName(person, message).length > 0;
}

function textsThatName({ isIn }: PersonText, { body, attributes, typedAttributes = {} }: ReceivedMessage): string[] {
  const bytes = Object.values(typedAttributes).flatMap(({ value }) =>
    typeof value === 'string' ? [] : [Buffer.from(value).toString()],
  );
  return [body, ...Object.values(attributes), ...bytes].filter(isIn);
}

/** What erasing does not reach, a sentence each. */
function unlooked(onScanQueue: number): string[] {
  const waiting =
    onScanQueue > 0
      ? [
          `the scan queue holds about ${counted(onScanQueue, 'message')}, not looked at: what fails there writes a record again, so erase once more when it is empty`,
        ]
      : [];
  return [
    ...waiting,
    'backups: point-in-time recovery can bring records of the failures table back for 7 more days',
    "the carrier's feed: a replay brings an element that is not a valid event again",
  ];
}
