import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { SamplerName } from './sampler-names.ts';

const roots: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
};

/** The sampler of this name. The SDK has the samplers, and reads no variable. */
export function samplerOf(name: SamplerName, ratio: number): Sampler {
  const [, isParentBased, root = ''] = /^(parentbased_)?(.*)$/.exec(name) ?? [];
  const sampler = roots[root]?.(ratio) ?? new AlwaysOnSampler();
  return isParentBased ? new ParentBasedSampler({ root: sampler }) : sampler;
}
