import { elementTexts } from '@waybill/shared/domain/own-text.ts';

/** Beside the elements, not in them: only rejected elements need their own text, and a page seldom holds one. */
const texts = new WeakMap<readonly unknown[], string>();

/** The elements, with the text of the page that they were read from. */
export function withText(elements: readonly unknown[], page: string): readonly unknown[] {
  texts.set(elements, page);
  return elements;
}

/** The own text of each of these elements; undefined where the page's text is not known. Takes one pass over it. */
export function ownTextsOf(elements: readonly unknown[]): readonly string[] | undefined {
  const page = texts.get(elements);
  return page === undefined ? undefined : elementTexts(page, 'ScanEvents');
}
