import { Problem, type ProblemCode } from '../problems/problem.ts';

/** Why a request is refused that may be fine: the attribute `reason` of `waybill.api.rejections`. */
const reasons = {
  'token rate': ['TOO_MANY_REQUESTS', 'this token makes more requests per second than it may'],
  'address rate': ['TOO_MANY_REQUESTS', 'this address makes more requests per second without a token than it may'],
  'own requests in flight': ['TOO_MANY_REQUESTS', 'this token or signer has too many requests under way'],
  'requests in flight': ['UNAVAILABLE', 'too many requests are under way'],
  'bodies in flight': ['UNAVAILABLE', 'the bodies of the requests under way take too much memory'],
  time: ['UNAVAILABLE', 'this took longer than a request may: try again'],
} as const satisfies Readonly<Record<string, readonly [ProblemCode, string]>>;

export type RefusalReason = keyof typeof reasons;

/** A request that is refused early and cheaply. */
export function refusal(reason: RefusalReason, retryAfterSeconds = 1): Problem {
  const [code, detail] = reasons[reason];
  return new Problem(code, detail, { reason, retryAfterSeconds });
}
