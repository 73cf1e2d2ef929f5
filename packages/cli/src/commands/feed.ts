import type { FeedCheck } from '@waybill/operations/feed-check/finding.ts';
import { counted } from '@waybill/shared/counted.ts';
import { command } from '../command/command.ts';
import { optional, withDefault } from '../command/options.ts';
import { anyText, id, wholeNumber } from '../command/parsers.ts';
import { exitCodes } from '../exit-code.ts';
import type { View } from '../output/view.ts';

const shape = async () => (await import('@waybill/operations/feed-check/finding.ts')).feedCheckShape;

/** Styles of the levels; the words themselves say the same. */
const styles = { good: 'green', note: 'yellow', problem: 'red' } as const;
const levelWidth = 9;
const checkWidth = 15;

const check = command({
  name: 'feed check',
  summary: "read a page or two of a carrier's API and say what Waybill will make of it",
  details:
    'Reads only: at most 20 requests within a minute, below the pace of the poller. Asks as the poller does, so the verdict ' +
    'is that of the poller. The token is read from SCAN_API_TOKEN, which is the only place for it: others see the flags of a ' +
    'command. SCAN_API_HEADERS, SCAN_API_OAUTH, SCAN_API_CLIENT_CERT and HTTPS_PROXY count as for the poller. ' +
    'SCAN_API_URL, SCAN_API_LIMIT and SCAN_API_TIMEOUT_MS count where they are set. Exit code 0: the feed can be ' +
    'mirrored; 1: it cannot, or too little was seen, as of a feed without events. docs/scan-api.md says what an API must do.',
  examples: [
    {
      line: 'feed check --scan-api-url https://carrier.example/v1/scans/scanevents',
      says: 'can this feed be mirrored?',
    },
    {
      line: 'feed check --limit 1000 --from 83269',
      says: 'with SCAN_API_URL, as a poller with these settings would read it',
    },
    {
      line: 'feed check --json | jq -r \'.findings[] | select(.level == "problem").sentence\'',
      says: 'only what is in the way',
    },
  ],
  options: {
    scanApiUrl: optional('URL', 'endpoint; without it SCAN_API_URL', anyText),
    limit: optional('N', 'events per page; without it SCAN_API_LIMIT, or 100', wholeNumber({ min: 1, max: 10_000 })),
    from: withDefault('EVENT_ID', 'read from this id on', id, 1),
  },
  isOffline: true,
  prints: 'document',
  shape,
  run: async ({ options }, { env, clock, signal, print, progress }) => {
    const [{ checkFeed }, { mostRequests }, { scanApi }, { credentialsOf }, variables, { readEnv }, { z }] =
      await Promise.all([
        import('@waybill/operations/feed-check/feed-check.ts'),
        import('@waybill/operations/feed-check/questions.ts'),
        import('@waybill/shared/scan-api/scan-api.ts'),
        import('@waybill/shared/scan-api/authorised-get.ts'),
        import('@waybill/shared/scan-api/scan-api-variables.ts'),
        import('@waybill/shared/process/env.ts'),
        import('zod'),
      ]);
    const { checkScanApi, feedReaderVariables, scanApiOf } = variables;
    const read = readEnv(z.object(feedReaderVariables).superRefine(checkScanApi), {
      ...env,
      ...(options.scanApiUrl !== undefined && { SCAN_API_URL: options.scanApiUrl }),
      ...(options.limit !== undefined && { SCAN_API_LIMIT: String(options.limit) }),
    });
    const access = scanApiOf(read);
    const { url, timeoutMs } = access;
    const limit = read.SCAN_API_LIMIT;
    let responses = 0;
    const checked = await checkFeed(
      {
        clock,
        open: (observer) =>
          scanApi({
            ...{ ...access, clock },
            observer: {
              ...observer,
              onHead: (facts) => {
                responses += 1;
                progress({ what: 'responses read', done: responses, total: mostRequests });
                observer.onHead(facts);
              },
            },
          }),
      },
      { url, credentials: credentialsOf(access), limit, fromEventId: options.from, timeoutMs },
      signal,
    );
    print.document(checked, linesOf);
    return checked.canBeMirrored ? exitCodes.done : exitCodes.failed;
  },
});

function linesOf({ url, findings, notLookedAt, canBeMirrored, requests, tookMs }: FeedCheck, view: View): string[] {
  const indent = levelWidth + checkWidth;
  const beside = (level: string, styled: string, name: string, sentence: string) => {
    const [first = '', ...rest] = view.wrapped(sentence, indent);
    return [
      `${styled}${' '.repeat(levelWidth - level.length)}${name.padEnd(checkWidth)}${first.slice(indent)}`,
      ...rest,
    ];
  };
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const verdict = canBeMirrored
    ? 'Waybill can mirror this feed.'
    : problems === 0
      ? 'Whether Waybill can mirror this feed is not known: too little of it could be seen.'
      : `Waybill cannot mirror this feed: ${counted(problems, 'problem')}. What an API must do, and how to put an adapter before one that does not: docs/scan-api.md`;
  return [
    ...view.wrapped(
      `${url}: ${counted(requests, 'request')} in ${(tookMs / 1_000).toFixed(1)} s, none of which changes anything`,
    ),
    '',
    ...findings.flatMap(({ level, check: name, sentence }) =>
      beside(level, view.styled(styles[level], level), name, sentence),
    ),
    ...notLookedAt.flatMap((sentence) => beside('-', '-', 'not looked at', sentence)),
    '',
    ...view.wrapped(verdict),
  ];
}

export const feedCommands = [check];
