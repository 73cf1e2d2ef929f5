import { counted } from '@waybill/shared/counted.ts';

/** The form of a longer text says little, and might be that of a sentence. */
const mostFormCharacters = 40;

/** What a value is, by its kind, length and form: nothing that it says. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return numberKind(value);
  if (typeof value === 'string') return textKind(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function textKind(text: string): string {
  if (text === '') return 'an empty string';
  if (/^\d+$/.test(text)) return `a string of ${counted(text.length, 'digit')}`;
  const form = formOf(text);
  return `a string of ${counted(text.length, 'character')}${form === undefined ? '' : ` of the form ${form}`}`;
}

/** `99/99/9999 99:99` of a date: each digit as 9, each letter as a, but for the T and Z of a time. Of a text of words, which may be a name, none. */
function formOf(text: string): string | undefined {
  const isCode = text.length <= mostFormCharacters && /\d/.test(text) && /^[0-9A-Za-z ./:,+-]+$/.test(text);
  return isCode ? text.replace(/\d/g, '9').replace(/(?!(?<=9)[TZ](?=9|$))[A-Za-z]/g, 'a') : undefined;
}

function numberKind(value: number): string {
  if (!Number.isInteger(value)) return 'a number with a fraction';
  if (value < 1) return 'a number below 1';
  return Number.isSafeInteger(value) ? 'a number' : `a number above ${Number.MAX_SAFE_INTEGER}`;
}
