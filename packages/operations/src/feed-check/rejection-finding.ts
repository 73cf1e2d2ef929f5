import { counted, shownNumber as shown } from '@waybill/shared/counted.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { eventIdOf, isPlainObject, type Rejection } from '@waybill/shared/domain/scan-event.ts';
import { fieldExamples } from './field-examples.ts';
import { type Finding, good, note, problem } from './finding.ts';
import { kindOf } from './value-form.ts';

/** More rejected elements than one in so many, and the feed is not what Waybill reads. */
const mostRejected = 10;

/** Reasons that are named at most. */
const mostNamed = 10;

/** What of these elements Waybill rejects, and why: the reason, the field, what stands there by its form, and what should. */
export function rejectionFinding(elements: readonly unknown[]): Finding {
  const examples = new Map<string, { count: number; sentence: string }>();
  let rejected = 0;
  for (const element of elements) {
    const parsed = parse(element);
    if ('event' in parsed) continue;
    rejected += 1;
    const { code, path } = parsed.rejection;
    const found = foundAt(element, path);
    // Ids of different lengths and letters are rejected for one reason. Dates that differ so may be of different units.
    const form = isId(path) ? found.replace(/ of \d+ (?:digit|character).*/, '') : found;
    const key = `${code} ${path} ${form}`;
    const known = examples.get(key);
    if (known) known.count += 1;
    else examples.set(key, { count: 1, sentence: exampleOf(element, parsed.rejection, found) });
  }
  if (rejected === 0)
    return good('elements', `All ${counted(elements.length, 'element')} that were read are scan events.`);
  const listed = [...examples.values()].toSorted((a, b) => b.count - a.count);
  const named = listed.slice(0, mostNamed).map(({ count, sentence }) => `${shown(count)} × ${sentence}`);
  const more = listed.length > mostNamed ? `; and ${counted(listed.length - mostNamed, 'other reason')}` : '';
  const isAll = rejected === elements.length && listed.length === 1 && rejected > 1;
  const which = isAll
    ? `every one of ${counted(rejected, 'element')} for one reason: ${listed[0]?.sentence}`
    : `${shown(rejected)} of ${counted(elements.length, 'element')}: ${named.join('; ')}${more}`;
  const sentence = `Waybill rejects ${which}.`;
  return rejected * mostRejected > elements.length
    ? problem('elements', `${sentence} That is more than one in ${mostRejected}: the feed is not what Waybill reads.`)
    : note('elements', `${sentence} They go to the dead-letter queue; all others are stored.`);
}

function isId(path: string): boolean {
  return path === 'EventId' || path === 'ParcelId';
}

/** Why an element is rejected, without anything that it holds but its id. */
function exampleOf(element: unknown, { code, path, expected }: Rejection, found: string): string {
  const eventId = eventIdOf(element);
  const where = eventId === undefined ? '' : `, as in EventId ${eventId}`;
  const field = path === '' ? 'the element' : path;
  const other = code === 'MISSING' ? otherSpelling(element, path) : undefined;
  const spelled = other === undefined ? '' : ` (it is spelled otherwise: "${other}")`;
  return `${code}: ${field} is ${found}${spelled}, expected ${expected} (such as ${fieldExamples[path]})${where}`;
}

/** The name of a field that differs from this one in case and underscores only. */
function otherSpelling(element: unknown, path: string): string | undefined {
  const plain = (name: string) => name.replaceAll('_', '').toLowerCase();
  return isPlainObject(element) ? Object.keys(element).find((name) => plain(name) === plain(path)) : undefined;
}

/** What stands at this path of the element, by its kind. */
function foundAt(element: unknown, path: string): string {
  const at = path === '' ? [] : path.split('.');
  return kindOf(at.reduce<unknown>((value, name) => (isPlainObject(value) ? value[name] : undefined), element));
}
