import type { Stage } from '@waybill/shared/domain/stage-names.ts';
import { type Html, html } from '../html/html.ts';

/** Each stage as the end of a sentence about a parcel, and whether somebody may have to look at it. */
const stageWords = {
  registered: { is: 'is registered with the carrier' },
  'in-transit': { is: 'is in transit' },
  'out-for-delivery': { is: 'is out for delivery' },
  'attempt-failed': { is: 'could not be handed over', isTrouble: true },
  'available-for-pickup': { is: 'waits to be picked up' },
  exception: { is: 'has met an exception', isTrouble: true },
  returning: { is: 'is on its way back', isTrouble: true },
  returned: { is: 'was returned', isTrouble: true },
  delivered: { is: 'was delivered' },
  cancelled: { is: 'was cancelled', isTrouble: true },
} as const satisfies Readonly<Record<Stage, { readonly is: string; readonly isTrouble?: true }>>;

/** `is in transit`: the stage as the end of a sentence. */
export function stageSentence(stage: Stage): string {
  return stageWords[stage].is;
}

/** `in transit`, as a tag. */
export function stageTag(stage: Stage): Html {
  const words = stageWords[stage];
  return html`<span class="tag${'isTrouble' in words && ' warn'}">${stageName(stage)}</span>`;
}

/** `in transit` */
export function stageName(stage: Stage): string {
  return stage.replaceAll('-', ' ');
}
