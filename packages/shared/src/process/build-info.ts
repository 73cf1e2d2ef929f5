import manifest from '../../../../package.json' with { type: 'json' };

/** What runs: a version of Waybill, and the commit that it was built from. */
export type BuildInfo = {
  /** The version in the root's `package.json`, `0.1.0`. */
  readonly version: string;
  /** 40 hex digits; `unknown` when it runs from the sources, or from an image that nobody told its commit. */
  readonly commit: string;
};

/**
 * Returns what runs. The version was bundled with the program; the commit is in `WAYBILL_COMMIT`, which the image sets, so
 * that two commits with the same programs share the layers of their images (docs/decisions/0188-images-before-approval.md).
 */
export function buildInfo(env: { readonly WAYBILL_COMMIT?: string | undefined }): BuildInfo {
  const commit = env['WAYBILL_COMMIT'] ?? '';
  return { version: manifest.version, commit: /^[0-9a-f]{40}$/.test(commit) ? commit : 'unknown' };
}
