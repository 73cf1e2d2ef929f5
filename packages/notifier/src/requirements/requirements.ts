import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { pickedUp } from './picked-up.ts';
import { reached } from './reached.ts';
import { recent } from './recent.ts';
import type { Requirement, RequirementContext } from './requirement.ts';

/** Every requirement that `NOTIFY_REQUIREMENTS` may name. A further one is a file of its own and a line here; docs/configuration.md is made from it. */
export const requirements: readonly Requirement[] = [reached, recent, pickedUp];

/** Of the list, those with these names, and {@link reached} always: what is not in state cannot be told. */
export function requirementsNamed(names: readonly string[], list: readonly Requirement[] = requirements) {
  return list.filter(({ name }) => name === reached.name || names.includes(name));
}

export type Unmet = { readonly name: string; readonly detail: string };

/** The requirements that the parcel does not meet, in the list's order. All are checked, so that nobody learns of them one by one. */
export function unmetOf(
  list: readonly Requirement[],
  parcel: ParcelState | undefined,
  context: RequirementContext,
): readonly Unmet[] {
  return list.flatMap(({ name, check }) => {
    const result = check(parcel, context);
    return result.met ? [] : [{ name, detail: result.detail }];
  });
}
