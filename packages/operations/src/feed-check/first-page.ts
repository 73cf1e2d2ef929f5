import { WaybillError } from '@waybill/shared/error.ts';
import { isRefusal } from '@waybill/shared/scan-api/page-failure.ts';
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
  readonly hasToken: boolean;
};

/** Asks for the first page as the poller does; where that is refused, for a single element. */
export async function readFirstPage(asked: FirstQuestion, { ask }: Pick<Questions, 'ask'>): Promise<FirstPage> {
  const { fromEventId, limit, hasToken } = asked;
  const answer = await ask(fromEventId, limit);
  if (answer.kind === 'failed' && isRefusal(answer.error) && limit > 1) {
    const single = await ask(fromEventId, 1);
    if (single.kind === 'page') return { ...firstOf(single, hasToken), limit: 1, refused: answer.error };
  }
  return { ...firstOf(answer, hasToken), limit, refused: undefined };
}

function firstOf(answer: Answer, hasToken: boolean): Pick<FirstPage, 'findings' | 'elements'> {
  if (answer.kind === 'not asked') return { findings: [], elements: undefined };
  if (answer.kind === 'failed') return { findings: failureFindings(answer, hasToken), elements: undefined };
  const { elements, envelope } = answer;
  return {
    findings: [
      good('reachable', 'The API responds.'),
      good('authorised', hasToken ? 'The API accepts the token.' : 'The API responds without a token.'),
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

function failureFindings({ error, facts }: Extract<Answer, { kind: 'failed' }>, hasToken: boolean): readonly Finding[] {
  const message = messageOf(error);
  if (!facts) return [problem('reachable', message)];
  const { status } = facts;
  if (status === 401 || status === 403) {
    const what = hasToken ? 'does not accept the token of SCAN_API_TOKEN' : 'wants a token: set SCAN_API_TOKEN';
    const network = status === 403 ? ' (or does not serve this network)' : '';
    return [
      good('reachable', 'The API responds.'),
      problem('authorised', `The API returned status ${status}: it ${what}${network}.`),
    ];
  }
  if (status >= 500 || status === 408 || status === 429) return [problem('reachable', message)];
  return [good('reachable', 'The API responds.'), problem('envelope', message)];
}

/** What the poller's error says: of what was received it shows nothing. */
function messageOf(error: unknown): string {
  return error instanceof WaybillError ? `${error.message}.` : 'The request failed unexpectedly.';
}
