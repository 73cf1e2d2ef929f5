import { checkFeed } from '@waybill/operations/feed-check/feed-check.ts';
import type { FeedCheck } from '@waybill/operations/feed-check/finding.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { credentialsOf } from '@waybill/shared/scan-api/authorised-get.ts';
import type { RealFeed } from './config.ts';
import { openRealApi } from './real-feed.ts';
import { prose } from './summary-text.ts';

/** Whether a run on this feed can mean anything, and what to say of the feed, in lines of at most 79 characters. */
export type Look = { readonly canStart: boolean; readonly lines: readonly string[] };

/** Characters before what was found. */
const checkWidth = 15;

/**
 * Looks at a real feed as `waybill feed check` does, before anything is started: a run on a feed that cannot be mirrored would
 * compare a part of it, and find that part well.
 */
export async function lookAtFeed(feed: RealFeed, clock: Clock, signal: AbortSignal): Promise<Look> {
  const { url, limit, firstEventId, timeoutMs } = feed;
  const checked = await checkFeed(
    { clock, open: (observer) => openRealApi(feed, observer) },
    { url, credentials: credentialsOf(feed), limit, fromEventId: firstEventId, timeoutMs },
    signal,
  );
  const problems = checked.findings.filter(({ level }) => level === 'problem');
  return { canStart: problems.length === 0, lines: problems.length === 0 ? notesOf(checked) : problemsOf(checked) };
}

function notesOf({ findings, notLookedAt, requests }: FeedCheck): string[] {
  const notes = findings.filter(({ level }) => level === 'note');
  return [
    `Looked at the feed with ${counted(requests, 'request')}, and found no problem.`,
    ...notes.flatMap(({ check, sentence }) => prose(check, sentence, checkWidth)),
    ...notLookedAt.flatMap((sentence) => prose('not looked at', sentence, checkWidth)),
    '',
  ];
}

function problemsOf({ findings, url }: FeedCheck): string[] {
  const problems = findings.filter(({ level }) => level === 'problem');
  return [
    `This feed cannot be mirrored: ${counted(problems.length, 'problem')}. Nothing was started.`,
    ...problems.flatMap(({ check, sentence }) => prose(check, sentence, checkWidth)),
    '',
    'What else was looked at:',
    `  npx waybill feed check --scan-api-url ${url}`,
    ...prose('', 'What an API must do, and how to put an adapter before one that does not: docs/scan-api.md', 0),
  ];
}
