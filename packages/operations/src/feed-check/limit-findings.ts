import { counted, shownNumber as shown } from '@waybill/shared/counted.ts';
import { isTooLarge, nameOf } from '@waybill/shared/scan-api/page-failure.ts';
import { type Finding, good, note, problem } from './finding.ts';

/** What came of asking for at most `limit` elements. */
export type LimitProbe = {
  readonly limit: number;
} /** `ids`: different ids, since several elements of one id may not be torn apart. */ & (
  | { readonly elements: number; readonly ids: number }
  | { readonly error: unknown }
);

export type LimitFacts = {
  /** The limits that were asked, from one id on, in ascending order. */
  readonly probes: readonly LimitProbe[];
  /** `SCAN_API_LIMIT`. */
  readonly wanted: number;
  /** Whether the feed holds more than the largest of these pages. Undefined where that was not asked. */
  readonly hasMore: boolean | undefined;
};

type Page = Extract<LimitProbe, { elements: number }>;

export function isPage(probe: LimitProbe): probe is Page {
  return 'elements' in probe;
}

/** The elements of the largest page. */
export function largestOf(probes: readonly LimitProbe[]): number {
  return probes.filter(isPage).reduce((most, { elements }) => Math.max(most, elements), 0);
}

/** Whether `Limit` is honoured, where it is capped, and from which value on it is refused. */
export function limitFindings({ probes, wanted, hasMore }: LimitFacts): readonly Finding[] {
  const pages = probes.filter(isPage);
  if (pages.length === 0) return [];
  const largest = largestOf(probes);
  const over = pages.filter(({ limit, ids }) => ids > limit);
  const exact = pages.filter(({ limit, ids }) => ids === limit);
  // A page shorter than the largest one is capped for sure; the largest itself only where the feed holds more.
  const short = pages.filter(({ limit, elements }) => elements < limit);
  const isCapped = short.length > 0 && hasMore === true;
  const smallest = short[0];
  return [
    ...over.slice(0, 1).map(({ limit, elements }) => overFinding(limit, elements)),
    ...(exact.length > 0 && over.length === 0
      ? [good('limit', `Limit is honoured: ${listed(exact)} gave as many elements.`)]
      : []),
    ...(isCapped ? [capFinding(largest, wanted)] : []),
    ...(smallest && !isCapped
      ? [
          note(
            'limit',
            `The feed holds too few events to tell whether a Limit of ${shown(smallest.limit)} is honoured: ${counted(smallest.elements, 'element')} came.`,
          ),
        ]
      : []),
    ...refusalFindings(probes, wanted),
  ];
}

function listed(probes: readonly LimitProbe[]): string {
  return probes.map(({ limit }) => shown(limit)).join(', ');
}

function overFinding(limit: number, elements: number): Finding {
  return note(
    'limit',
    `Limit is not honoured: for ${shown(limit)} the API returned ${counted(elements, 'element')}. Waybill reads them all, but asking for one id costs a whole page.`,
  );
}

function capFinding(cap: number, wanted: number): Finding {
  const text = `The API returns ${counted(cap, 'element')} at most, whatever Limit says`;
  return cap < wanted
    ? note('limit', `${text}. Waybill notices; set SCAN_API_LIMIT to ${cap} to save it the trouble.`)
    : good('limit', `${text}: SCAN_API_LIMIT (${shown(wanted)}) is within that.`);
}

function refusalFindings(probes: readonly LimitProbe[], wanted: number): readonly Finding[] {
  const largestRead = probes.filter(isPage).at(-1)?.limit ?? 0;
  const refused = probes.find((probe) => !isPage(probe) && probe.limit > largestRead);
  if (!refused || isPage(refused)) return [];
  const { limit, error } = refused;
  const what = isTooLarge(error)
    ? `A page of Limit ${shown(limit)} is larger than Waybill reads`
    : `The API refuses a Limit of ${shown(limit)} (${nameOf(error)})`;
  const takes = `it takes ${shown(largestRead)}`;
  return [
    limit <= wanted
      ? problem('limit', `${what}, and ${takes}: set SCAN_API_LIMIT to ${largestRead}.`)
      : note('limit', `${what}, and ${takes}: do not raise SCAN_API_LIMIT (${shown(wanted)}) to that.`),
  ];
}
