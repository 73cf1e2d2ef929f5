import { shownNumber } from '@waybill/shared/counted.ts';
import { columns } from './progress.ts';

/** Characters before the parts of a row. */
const labelWidth = 13;

export function total(byReason: Readonly<Record<string, number>>): number {
  return Object.values(byReason).reduce((sum, count) => sum + count, 0);
}

/** A total and its parts. */
export function byCode(whole: string, codes: Readonly<Record<string, number>>): string[] {
  const [first, ...rest] = counts(codes);
  return first === undefined ? [whole] : [`${whole}: ${first}`, ...rest];
}

/** The most frequent first, equal ones by name, so that two runs of one seed read alike. */
export function counts(byName: Readonly<Record<string, number>>): string[] {
  return Object.entries(byName)
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .map(([name, count]) => `${name} ${shownNumber(count)}`);
}

export function shortened(ids: readonly number[], most: number): string[] {
  return [...ids.slice(0, most).map(String), ...(ids.length > most ? [`and ${ids.length - most} more`] : [])];
}

/** A labelled row, wrapped between its parts. */
export function row(label: string, parts: readonly string[], separator = ', ', width = labelWidth): string[] {
  const lines: string[] = [];
  let text = '';
  for (const [index, part] of parts.entries()) {
    const piece = index === parts.length - 1 ? part : part + separator.trimEnd();
    const longer = text === '' ? piece : `${text} ${piece}`;
    if (text !== '' && width + longer.length > columns) {
      lines.push(text);
      text = piece;
    } else text = longer;
  }
  lines.push(text === '' ? 'none' : text);
  return lines.map((line, index) => (index === 0 ? label : '').padEnd(width) + line);
}

/** A labelled text, wrapped between its words. */
export function prose(label: string, text: string, width = labelWidth): string[] {
  return row(label, text.split(' '), ' ', width);
}
