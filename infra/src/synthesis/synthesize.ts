import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { CloudFormationStackArtifact } from 'aws-cdk-lib/cx-api';
import { z } from 'zod';
import { addStacks } from '../app.ts';

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** The feature flags that `cdk.json` gives every synth. */
export const { context: flags } = cdkJson.parse(
  JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')),
);

const validationReport = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(
        z.object({
          ruleName: z.string(),
          description: z.string(),
          violatingConstructs: z.array(z.object({ constructPath: z.string().optional() })),
        }),
      ),
    }),
  ),
});

/** The parts of a resource that all types of resources have. */
const resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});

export type SynthesizedStack = {
  readonly name: string;
  readonly terminationProtection: boolean;
  readonly template: Template;
  readonly resources: Readonly<Record<string, z.infer<typeof resource>>>;
};

export type Synthesized = {
  readonly stacks: readonly SynthesizedStack[];
  /** What cdk-nag, CloudFormation's rules and the CDK's own warnings found and nobody acknowledged, one line each. */
  readonly findings: readonly string[];
};

/**
 * Synthesizes the app as `cdk synth` does from `cdk.json` and this context, in which nobody gets the alarms unless it says
 * who: this is not deployed. Leaves no files behind.
 */
export function synthesize(
  given: Readonly<Record<string, unknown>>,
  build: (app: App) => void = addStacks,
): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'waybill-synth-'));
  try {
    // Images are built from the repository's files; their copy is not needed here.
    const app = new App({
      outdir,
      context: { ...flags, 'aws:cdk:disable-asset-staging': true, alarmEmail: 'none', ...given },
    });
    build(app);
    const stacks = stacksOf(app).map(({ stackName, template, terminationProtection }) => ({
      name: stackName,
      terminationProtection: terminationProtection ?? false,
      template: Template.fromJSON(template),
      resources: z.record(z.string(), resource).parse(template.Resources ?? {}),
    }));
    return { stacks, findings: findingsIn(outdir) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Returns no stacks when a finding makes the synth fail: the findings say why. */
function stacksOf(app: App): CloudFormationStackArtifact[] {
  try {
    return app.synth().stacks;
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationFailed') return [];
    throw error;
  }
}

function findingsIn(outdir: string): string[] {
  const { pluginReports } = validationReport.parse(
    JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')),
  );
  return pluginReports.flatMap(({ pluginName, violations }) =>
    violations.flatMap(({ ruleName, description, violatingConstructs }) =>
      violatingConstructs.map(
        ({ constructPath }) => `${pluginName} ${ruleName} at ${constructPath ?? 'the app'}: ${description}`,
      ),
    ),
  );
}

/** Returns the data stack, the services stack or the network that environments share. */
export function stackOf({ stacks }: Synthesized, end: 'data' | 'services' | 'network'): SynthesizedStack {
  const stack = stacks.find(({ name }) => name.endsWith(`-${end}`));
  if (!stack) throw new Error(`no ${end} stack among ${stacks.map(({ name }) => name).join(', ')}`);
  return stack;
}
