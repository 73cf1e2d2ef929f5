import { WaybillError } from '@waybill/shared/error.ts';
import { someCredentials } from '@waybill/shared/scan-api/authorised-get.ts';
import { isRefusal } from '@waybill/shared/scan-api/page-failure.ts';
import { isOfTokenEndpoint } from '@waybill/shared/scan-api/token-answer.ts';
import { type Finding, good, note, problem } from './finding.ts';
import type { Answer, Questions } from './questions.ts';

/** The first page, and what its answer says of the API; `elements` is undefined where no page came. */
export type FirstPage = {
  readonly findings: readonly Finding[];
  readonly elements: readonly unknown[] | undefined;
  /** The limit with which it was read. */
  readonly limit: number;
  /** A larger limit was refused with this error. */
  readonly refused: unknown;
};

export type FirstQuestion = {
  readonly fromEventId: number;
  /** `SCAN_API_LIMIT`. */
  readonly limit: number;
  /** The variables with what the API is to accept. */
  readonly credentials: readonly string[];
};

/** Asks for the first page as the poller does; where that is refused, for a single element. */
export async function readFirstPage(asked: FirstQuestion, { ask }: Pick<Questions, 'ask'>): Promise<FirstPage> {
  const { fromEventId, limit, credentials } = asked;
  const answer = await ask(fromEventId, limit);
  if (answer.kind === 'failed' && isRefusal(answer.error) && limit > 1) {
    const single = await ask(fromEventId, 1);
    if (single.kind === 'page') return { ...firstOf(single, credentials), limit: 1, refused: answer.error };
  }
  return { ...firstOf(answer, credentials), limit, refused: undefined };
}

function firstOf(answer: Answer, credentials: readonly string[]): Pick<FirstPage, 'findings' | 'elements'> {
  if (answer.kind === 'not asked') return { findings: [], elements: undefined };
  if (answer.kind === 'failed') return { findings: failureFindings(answer, credentials), elements: undefined };
  const { elements, envelope } = answer;
  return {
    findings: [
      good('reachable', 'The API responds.'),
      good('authorised', acceptedInWords(credentials)),
      envelope === 'array'
        ? good('envelope', 'The response is an object with an array ScanEvents.')
        : note(
            'envelope',
            `The first page is ${envelope === 'null' ? 'ScanEvents: null' : 'status 204'}, which Waybill takes for an empty page.`,
          ),
    ],
    elements,
  };
}

function failureFindings(
  { error, facts }: Extract<Answer, { kind: 'failed' }>,
  credentials: readonly string[],
): readonly Finding[] {
  const message = messageOf(error);
  if (isOfTokenEndpoint(error)) return [problem('authorised', message)];
  if (!facts) return [problem('reachable', message)];
  const { status } = facts;
  if (status === 401 || status === 403) {
    const what =
      credentials.length > 0 ? `does not accept ${inWords(credentials)}` : `wants a token: set ${someCredentials}`;
    const network = status === 403 ? ' (or does not serve this network)' : '';
    return [
      good('reachable', 'The API responds.'),
      problem('authorised', `The API returned status ${status}: it ${what}${network}.`),
    ];
  }
  if (status >= 500 || status === 408 || status === 429) return [problem('reachable', message)];
  return [good('reachable', 'The API responds.'), problem('envelope', message)];
}

function acceptedInWords(credentials: readonly string[]): string {
  if (credentials.length === 0) return 'The API responds without a token.';
  return `The API accepts ${credentials.join() === 'SCAN_API_TOKEN' ? 'the token' : inWords(credentials)}.`;
}

function inWords(credentials: readonly string[]): string {
  return credentials.join() === 'SCAN_API_TOKEN' ? 'the token of SCAN_API_TOKEN' : credentials.join(' and ');
}

/** What the poller's error says: of what was received it shows nothing. */
function messageOf(error: unknown): string {
  return error instanceof WaybillError ? `${error.message}.` : 'The request failed unexpectedly.';
}
