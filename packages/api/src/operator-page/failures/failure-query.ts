import { z } from 'zod';
import { failureGroupsQuery, failuresQuery } from '../../failures/failures.ts';
import { givenFields, utcField } from '../forms/given-fields.ts';
import { urlWith } from '../html/url.ts';

/** Which failures a screen shows, from its URL. */
export const groupsOfUrl = z.preprocess(givenFields, failureGroupsQuery.extend({ since: utcField }));

export const groupOfUrl = z.preprocess(
  givenFields,
  failuresQuery.omit({ limit: true }).extend({ reason: failuresQuery.shape.reason.unwrap(), since: utcField }),
);

export type FailureFilter = z.output<typeof groupsOfUrl>;

/** The URL of the records of one cause. */
export function groupUrl(
  { reason, detail, parcelId, since }: FailureFilter & { readonly reason: string },
  cursor?: string,
): string {
  return urlWith('/failures/group', { reason, detail, parcelId, since, cursor });
}

export function recordUrl(failureId: string): string {
  return `/failures/record/${encodeURIComponent(failureId)}`;
}
