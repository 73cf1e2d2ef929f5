import { retryAfterOf } from '../http/retry-after.ts';
import { codingsOf } from './codings.ts';

/** What an answer says besides its elements. Nothing of its text. */
export type AnswerFacts = {
  readonly status: number;
  /** The codings of the body in the order in which they were applied, as the server names them: they may be any text. */
  readonly codings: readonly string[];
  /** `Retry-After`, where the answer has one that can be read. */
  readonly retryAfterMs: number | undefined;
};

/** Is told what the pages do not say. Only a check of the feed wants to know it. */
export type AnswerObserver = {
  /** The head of an answer has come; its body is not read yet. */
  readonly onHead: (facts: AnswerFacts) => unknown;
  /** A page was read: `ScanEvents` is an array, or it is null. */
  readonly onPage: (envelope: 'array' | 'null') => unknown;
};

/** What the head of an answer says. */
export function answerFacts(
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  now: number,
): AnswerFacts {
  return {
    status,
    codings: codingsOf(headers['content-encoding']),
    retryAfterMs: retryAfterOf(headers['retry-after'], now),
  };
}
