import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const apiUrl = 'https://carrier.example/v1/scans/scanevents';
const shop = { name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' };
const everything = {
  apiUrl,
  apiTokenSecret: 'carrier/token',
  api: true,
  apiCallersSecret: 'waybill/callers',
  webhooks: [shop, { ...shop, name: 'depot', ownTable: true }],
  notifySweep: 'rate(1 hour)',
};

const usual = stackOf(synthesize(everything), 'services');
const { resources } = usual;

/** Logical ids that a value refers to. */
function referred(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referred);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    if (key === 'Ref') return [String(each)];
    return key === 'Fn::GetAtt' ? [String([each].flat()[0])] : referred(each);
  });
}

/** All that CloudFormation creates before a resource, by logical id. */
function before(id: string, found = new Set<string>()): ReadonlySet<string> {
  const { Properties, DependsOn } = z.looseObject({ DependsOn: z.unknown().optional() }).parse(resources[id]);
  for (const next of [...referred(Properties), ...[DependsOn ?? []].flat().map(String)]) {
    if (!(next in resources) || found.has(next)) continue;
    found.add(next);
    before(next, found);
  }
  return found;
}

const ofType = (...types: string[]) => Object.keys(resources).filter((id) => types.includes(resources[id]?.Type ?? ''));
const policies = ofType('AWS::IAM::Policy');
const starters = ofType('AWS::ECS::Service', 'AWS::Scheduler::Schedule');

describe('what starts tasks', () => {
  it('is the poller, the processor, the API, a notifier for each webhook, and the sweeps', () => {
    expect(starters).toHaveLength(7);
  });

  it.each(starters)('%s comes after the policies of every role that its tasks and it have', (id) => {
    const earlier = before(id);
    const roles = [...earlier].filter((each) => resources[each]?.Type === 'AWS::IAM::Role');
    expect(roles.length).toBeGreaterThanOrEqual(2);
    const needed = policies.filter((policy) =>
      referred(resources[policy]?.Properties['Roles']).some((role) => roles.includes(role)),
    );
    expect(needed.length).toBeGreaterThanOrEqual(2);
    expect(needed.filter((policy) => !earlier.has(policy))).toEqual([]);
  });

  it.each(starters)('%s comes after the log of its tasks and their way to the internet', (id) => {
    const types = [...before(id)].map((each) => resources[each]?.Type);
    expect(types).toEqual(expect.arrayContaining(['AWS::Logs::LogGroup', 'AWS::EC2::Route']));
  });
});

it('what comes to a log by EventBridge has the permission before it comes', () => {
  for (const rule of ofType('AWS::Events::Rule'))
    expect([...before(rule)]).toEqual(expect.arrayContaining(ofType('AWS::Logs::ResourcePolicy')));
});

describe('a new deployment', () => {
  /** Strategy and nonce of each service. */
  const forcing = ({ resources: all }: typeof usual) =>
    new Map(
      Object.entries(all)
        .filter(([, { Type }]) => Type === 'AWS::ECS::Service')
        .map(([id, { Properties }]) => [
          id,
          z.object({ CapacityProviderStrategy: z.unknown(), ForceNewDeployment: z.unknown().optional() }).parse(Properties),
        ]),
    );
  const before = forcing(usual);
  /** What of its services a changed context changes. */
  const changes = (context: object) => {
    const after = forcing(stackOf(synthesize({ ...everything, ...context }), 'services'));
    return [...before].flatMap(([id, { CapacityProviderStrategy, ForceNewDeployment }]) => {
      const other = after.get(id);
      const strategy = !isDeepStrictEqual(other?.CapacityProviderStrategy, CapacityProviderStrategy);
      const forced = !isDeepStrictEqual(other?.ForceNewDeployment, ForceNewDeployment);
      return strategy || forced ? [{ service: id.replace(/Service.*/, ''), strategy, forced }] : [];
    });
  };

  it('can be forced by a nonce that says the strategy', () => {
    expect([...before.values()].map(({ ForceNewDeployment }) => ForceNewDeployment)).toEqual(
      expect.arrayContaining([
        { EnableForceNewDeployment: true, ForceNewDeploymentNonce: 'FARGATE base 0 weight 1' },
        {
          EnableForceNewDeployment: true,
          ForceNewDeploymentNonce: 'FARGATE base 1 weight 1, FARGATE_SPOT base 0 weight 99',
        },
      ]),
    );
  });

  it('is forced where the strategy changes', () => {
    expect(changes({ spotShare: 60 })).toEqual(
      ['Processor', 'Notifiershop', 'Notifierdepot'].map((service) => ({ service, strategy: true, forced: true })),
    );
  });

  it('is forced by nothing else', () => {
    expect(
      changes({
        standby: true,
        processorSize: '512/1024',
        maxProcessors: 20,
        processorVariables: { RECEIVERS: 8 },
        tags: { CostCenter: '4711' },
      }),
    ).toEqual([]);
  });
});
