import { z } from 'zod';
import { jsonValue, text } from './context-key.ts';

/** The images that ECS runs: targets of the `Dockerfile`. */
export const deployedImages = ['poller', 'processor', 'api', 'notifier', 'operator'] as const;
export type DeployedImage = (typeof deployedImages)[number];

const digest = text(/^sha256:[0-9a-f]{64}$/, 'a digest, `sha256:` and 64 hex digits');

const shape = z.strictObject({
  commit: text(/^[0-9a-f]{40}$/, 'a commit, 40 hex digits'),
  digests: z.strictObject(
    { poller: digest, processor: digest, api: digest, notifier: digest, operator: digest },
    { error: 'expected a digest for each image' },
  ),
});

/** Images that were built before the deployment. */
export type BuiltImages = z.infer<typeof shape>;

/** The context key of the images that were built before the deployment. */
export const imagesKey = jsonValue<BuiltImages>(shape, {
  meaning:
    'images that were built before, in the repositories `waybill/…` of the stack `waybill-images`; none: `cdk deploy` builds them from this checkout ([why](decisions/0188-images-before-approval.md))',
  allowed: `\`{"commit", "digests": {${deployedImages.map((name) => `"${name}"`).join(', ')}}}\``,
});
