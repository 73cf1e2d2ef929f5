import { type Html, html } from '../html/html.ts';

/** Entries of a list on one page of the screen. */
export const pageLimit = 50;

/** Which list: its path, and the filters that were asked for. */
export type ListAddress = {
  readonly path: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
};

/** The URL of a list, with the filters that are given. */
export function addressOf({ path, filters }: ListAddress): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters))
    if (value !== undefined && value !== '') query.append(name, value);
  return query.size === 0 ? path : `${path}?${query}`;
}

/** The ways on from a page of a list; nothing where all is on it. */
export function pageLinks(
  list: ListAddress,
  { cursor, nextCursor }: { readonly cursor?: string | undefined; readonly nextCursor?: string | undefined },
): Html {
  if (cursor === undefined && nextCursor === undefined) return html``;
  const next = { ...list, filters: { ...list.filters, cursor: nextCursor } };
  return html`<p class="next">${nextCursor !== undefined && html`<a class="button quiet" id="next-page" rel="next" href="${addressOf(next)}">Next page</a>`}
${cursor !== undefined && html`<a href="${addressOf(list)}">First page</a>`}</p>`;
}

/** Links that narrow a list down to one value of a filter, and one to all. */
export function choices(
  label: string,
  list: ListAddress,
  {
    filter,
    all,
    values,
  }: {
    readonly filter: string;
    /** The name of the choice without the filter. */
    readonly all: string;
    /** Each value with its name. */
    readonly values: readonly (readonly [value: string, name: string])[];
  },
): Html {
  const chosen = list.filters[filter];
  const options: readonly (readonly [string | undefined, string])[] = [[undefined, all], ...values];
  return html`<nav aria-label="${label}"><ul class="choices">${options.map(
    ([value, name]) =>
      html`<li><a class="choice" href="${addressOf({ ...list, filters: { ...list.filters, [filter]: value } })}"${value === chosen && html` aria-current="true"`}>${name}</a></li>`,
  )}</ul></nav>`;
}
