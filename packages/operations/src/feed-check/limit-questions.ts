import { largestLimit } from '@waybill/shared/scan-api/page-limit.ts';
import { idsOf } from './element-findings.ts';
import type { Part } from './finding.ts';
import type { FirstPage } from './first-page.ts';
import { isPage, type LimitProbe, largestOf, limitFindings } from './limit-findings.ts';
import { endOf } from './position-findings.ts';
import type { Answer, Questions } from './questions.ts';

/** What is known before. */
export type KnownOfLimits = {
  readonly first: Pick<FirstPage, 'limit' | 'refused'>;
  /** Valid ids of the first page, and how many elements it has. */
  readonly ids: readonly number[];
  readonly length: number;
  /** What came of asking for a single element. */
  readonly single: Answer;
  /** `SCAN_API_LIMIT`. */
  readonly wanted: number;
};

/** Limits to try, besides that of the first page and 1. */
const tried = [2, 100, 1_000, largestLimit];

/** Asks with several limits from the first event on. What was asked before is not asked again. */
export async function askLimits(
  { first, ids, length, single, wanted }: KnownOfLimits,
  questions: Pick<Questions, 'ask'>,
): Promise<Part> {
  const lowest = ids.reduce((a, b) => Math.min(a, b));
  const seen = new Map<number, LimitProbe>();
  const add = (limit: number, answer: Answer) => {
    if (answer.kind === 'page') seen.set(limit, { limit, ...sizesOf(answer.elements) });
    if (answer.kind === 'failed') seen.set(limit, { limit, error: answer.error });
  };
  add(1, single);
  if (first.limit > 1) seen.set(first.limit, { limit: first.limit, elements: length, ids: new Set(ids).size });
  if (first.refused !== undefined) seen.set(wanted, { limit: wanted, error: first.refused });
  let largestIds: readonly number[] = ids;
  const missed: number[] = [];
  for (const limit of tried) {
    const isRefused = [...seen.values()].some((probe) => !isPage(probe) && probe.limit <= limit);
    if (seen.has(limit) || isRefused) continue;
    const answer = await questions.ask(lowest, limit);
    add(limit, answer);
    if (answer.kind === 'not asked') missed.push(limit);
    else if (answer.kind === 'page' && answer.elements.length > largestIds.length) largestIds = idsOf(answer.elements);
  }
  const probes = [...seen.values()].toSorted((a, b) => a.limit - b.limit);
  const isShort = probes.some((probe) => isPage(probe) && probe.elements < probe.limit);
  const beyond = isShort ? await questions.ask(endOf(largestIds) + 1, 1) : undefined;
  const hasMore = beyond?.kind === 'page' ? idsOf(beyond.elements).some((id) => id > endOf(largestIds)) : undefined;
  const isUnknown = isShort && hasMore === undefined && beyond?.kind === 'not asked';
  return {
    findings: isUnknown ? [] : limitFindings({ probes, wanted, hasMore }),
    notLookedAt: [
      ...(missed.length > 0 ? [`What a Limit of ${missed.join(', ')} does.`] : []),
      ...(isUnknown ? [`Whether the API caps Limit at ${largestOf(probes)}.`] : []),
    ],
  };
}

function sizesOf(elements: readonly unknown[]): { readonly elements: number; readonly ids: number } {
  return { elements: elements.length, ids: new Set(idsOf(elements)).size };
}
