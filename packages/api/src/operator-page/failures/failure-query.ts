import { z } from 'zod';
import { failureGroupsQuery, failuresQuery } from '../../failures/failures.ts';
import { givenFields, utcField } from '../forms/given-fields.ts';
import { addressOf, type ListAddress } from '../layout/lists.ts';

/** Which failures a screen shows, from its URL. */
export const groupsOfUrl = z.preprocess(givenFields, failureGroupsQuery.extend({ since: utcField }));

export const groupOfUrl = z.preprocess(
  givenFields,
  failuresQuery.omit({ limit: true }).extend({ reason: failuresQuery.shape.reason.unwrap(), since: utcField }),
);

export type FailureFilter = z.output<typeof groupsOfUrl>;

/** The list of the records of one cause. */
export function groupList({
  reason,
  detail,
  parcelId,
  since,
}: FailureFilter & { readonly reason: string }): ListAddress {
  return { path: '/failures/group', filters: { reason, detail, parcelId: parcelId?.toString(), since } };
}

export function groupUrl(filter: FailureFilter & { readonly reason: string }): string {
  return addressOf(groupList(filter));
}
