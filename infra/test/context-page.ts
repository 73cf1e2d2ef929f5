import type { z } from 'zod';
import { describeKey } from '../src/context/context-key.ts';

/** `docs/deployment-context.md`, made from the schemas that the CDK app reads its context with. */
export function contextPage(keys: Readonly<Record<string, z.ZodType>>): string {
  const rows = Object.entries(keys).map(([name, schema]) => {
    const key = describeKey(schema);
    if (!key) throw new Error(`${name} is not made by context-key.ts, so nothing is known of it`);
    return `| \`${name}\` | ${key.default} | ${key.allowed} | ${key.meaning} |`;
  });
  return [
    '# Deployment context',
    '',
    'Made from the schemas by `npm run test:unit -- infra/src/context -u`; a test fails when this page and the schemas differ.',
    '',
    'What a deployment may say of itself, by `cdk -c key=value` or in `infra/cdk.context.json` (which is for your own repository: nothing of an account is committed here). All that is wrong is printed together, before anything is synthesized, and the exit code is not 0; a key that nothing reads is wrong too. An empty value counts as a missing one, so that a pipeline may pass variables that are not set. In `cdk.context.json`, numbers, booleans and objects may stand as JSON has them.',
    '',
    '| key | default | allowed | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
    'A JSON value on the command line:',
    '',
    '```sh',
    'npx cdk diff -c apiUrl=https://carrier.example/v1/scans/scanevents -c pollerVariables=\'{"SCAN_API_LIMIT":"500"}\'',
    '```',
    '',
  ].join('\n');
}
