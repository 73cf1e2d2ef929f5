import { decodeGaps, type StoredGap } from '@waybill/shared/checkpoint/stored-gaps.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { OpenGap } from './gap-ledger.ts';

/** What a former holder left, where its checkpoint stands at `last`: the gaps that it listed, and its marks. */
export function restoreGaps(
  text: string | undefined,
  last: number,
  { log, now }: { readonly log: Logger; readonly now: number },
): { readonly listed: readonly OpenGap[]; readonly marks: readonly StoredGap[] } {
  const gaps = text === undefined ? [] : decodeGaps(text, last, now);
  if (!gaps) log.warn({ openGaps: text?.slice(0, 100) }, 'stored open gaps unreadable, ignored');
  const marks = (gaps ?? []).filter(({ isMark }) => isMark);
  const [first] = marks;
  if (first)
    log.info(
      { from: first.from, to: marks.at(-1)?.to, marks: marks.length },
      'took over a sparse feed: what it shows of these ids is sent once more',
    );
  const listed = (gaps ?? []).filter(({ isMark }) => !isMark).map((gap) => ({ ...gap, askedAt: undefined }));
  return { listed, marks };
}
