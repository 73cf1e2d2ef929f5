import type { z } from 'zod';
import { describeKey } from '../src/context/context-key.ts';

/** `docs/deployment-context.md`, made from the schemas by which the CDK app reads its context. */
export function contextPage(keys: Readonly<Record<string, z.ZodType>>): string {
  const rows = Object.entries(keys).map(([name, schema]) => {
    const key = describeKey(schema);
    if (!key) throw new Error(`${name} has no description: make it with context-key.ts`);
    return `| \`${name}\` | ${key.default} | ${key.allowed} | ${key.meaning} |`;
  });
  return [
    '# Deployment context',
    '',
    'Made from the schemas by `npm run test:unit -- infra/src/context -u`; a test fails when this page and the schemas differ.',
    '',
    'The settings of a deployment. Give them by `cdk -c key=value`, or in `infra/cdk.context.json` of your own repository (nothing about an account is committed here). If anything is wrong, all errors are printed together before anything is synthesized, and the exit code is not 0. A key that nothing reads is an error too. An empty value counts as missing, so a pipeline may pass variables that are not set. In `cdk.context.json`, write numbers, booleans and objects as JSON.',
    '',
    '| key | default | allowed | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
    'A JSON value on the command line:',
    '',
    '```sh',
    'npx cdk diff -c apiUrl=https://carrier.example/v1/scans/scanevents -c alarmEmail=none -c pollerVariables=\'{"SCAN_API_LIMIT":"500"}\'',
    '```',
    '',
  ].join('\n');
}
