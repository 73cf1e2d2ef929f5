import { expectations } from '@waybill/shared/domain/scan-event.ts';

/** Stands in the place of an id. */
const placeholder = '…';

/** Of our own texts: the numbers in these are bounds and names of standards. */
const ownTexts = Object.values(expectations)
  .toSorted((a, b) => b.length - a.length)
  .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  .join('|');
const ownText = new RegExp(`(${ownTexts})(?!\\w)`);

/**
 * What may be an id, in the order in which it is looked for: quoted values; times; UUIDs; numbers with a point, whose digits
 * before it may look like hex; long tokens with a digit, and hex of 32 digits and more; shorter hex with a digit; numbers.
 * A word with a digit at its end (`field2`) is a name.
 */
const ids = new RegExp(
  [
    /"[^"]*"?/,
    /(?<!\w)'[^']*'(?!\w)/,
    /`[^`]*`/,
    /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?(?!\w)/,
    /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/,
    /(?<![\w.])[+-]?\d+(?:\.\d+)+(?:e[+-]?\d+)?(?!\w)/,
    /\b[0-9a-f]{32,}\b/,
    /\b(?=[A-Za-z]*\d)[A-Za-z0-9]{20,}\b/,
    /\b(?=[a-f]*\d)[0-9a-f]{8,}\b/,
    /\b0x[0-9a-f]+\b/,
    /(?<![\w.])[+-]?\d+(?:e[+-]?\d+)?(?!\w)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
);

const several = new RegExp(`${placeholder}(?:(?:, ?| and )${placeholder})+`, 'g');

/**
 * The detail of a failure with ids taken out: those of one cause are equal. Quoted values, times, hashes and numbers are
 * replaced by `…`, a list of several of them by one. What is already so stays.
 */
export function groupDetail(detail: string): string {
  return detail
    .split(ownText)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(ids, placeholder)))
    .join('')
    .replace(several, placeholder);
}
