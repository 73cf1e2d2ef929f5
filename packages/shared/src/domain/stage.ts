import { memberNames } from './own-text.ts';
import type { ParcelState } from './parcel-state.ts';
import { isPlainObject } from './scan-event.ts';
import { type Stage, stages } from './stage-names.ts';

/** What a mapping may say: `delivered` follows from the delivery alone, so that no stage contradicts the milestone. */
type MappedStage = Exclude<Stage, 'delivered'>;

const mappedStages = stages.filter((stage): stage is MappedStage => stage !== 'delivered');

/** Stages by `TYPE` or `TYPE/STATUSCODE` of the latest scan. The first slash separates the two. */
export type StageMapping = ReadonlyMap<string, MappedStage>;

/** Where a parcel stands. Computed by whoever reads a stored parcel, and never stored: a changed mapping holds for all at once. */
export function stageOf(
  { latest, milestones }: Pick<ParcelState, 'latest' | 'milestones'>,
  mapping: StageMapping,
): Stage {
  if (milestones.delivery) return 'delivered';
  return mappedStage(latest, mapping) ?? (milestones.pickup ? 'in-transit' : 'registered');
}

/** A type with a slash in it has no key: `A/B` is the status code B of the type A, and must not be taken for both. */
function mappedStage(
  { type, statusCode }: Pick<ParcelState['latest'], 'type' | 'statusCode'>,
  mapping: StageMapping,
): MappedStage | undefined {
  if (mapping.size === 0 || type.includes('/')) return undefined;
  return mapping.get(`${type}/${statusCode}`) ?? mapping.get(type);
}

/** Why a text is not a mapping. `key` and `value` are as the text has them. */
export type MappingProblem =
  | { readonly kind: 'not an object' }
  | { readonly kind: 'no type'; readonly key: string }
  | { readonly kind: 'twice'; readonly key: string }
  | { readonly kind: 'not a stage'; readonly key: string; readonly value: unknown };

/** Reads a mapping from the text of a JSON object. Never throws, and finds all problems at once. */
export function readStageMapping(
  json: string,
): { readonly value: StageMapping } | { readonly problems: readonly MappingProblem[] } {
  const object = plainObjectIn(json);
  if (!object) return { problems: [{ kind: 'not an object' }] };
  const mapping = new Map<string, MappedStage>();
  const problems: MappingProblem[] = [];
  for (const [key, value] of Object.entries(object)) {
    const stage = mappedStages.find((each) => each === value);
    if (key === '' || key.startsWith('/')) problems.push({ kind: 'no type', key });
    if (stage === undefined) problems.push({ kind: 'not a stage', key, value });
    else mapping.set(key, stage);
  }
  // `JSON.parse` keeps the last of two and says nothing.
  const names = memberNames(json);
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index));
  for (const key of twice) problems.push({ kind: 'twice', key });
  return problems.length > 0 ? { problems } : { value: mapping };
}

function plainObjectIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    return isPlainObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
