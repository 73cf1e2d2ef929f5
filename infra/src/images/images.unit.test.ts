import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imageNames } from '../../../images/programs.ts';
import { deployedImages } from '../context/images-key.ts';
import { resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const digestOf = (image: string) => `sha256:${Buffer.from(image).toString('hex').padEnd(64, '0')}`;
const commit = 'c0'.repeat(20);
const images = { commit, digests: Object.fromEntries(deployedImages.map((image) => [image, digestOf(image)])) };
const webhook = { name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' };
const given = {
  apiUrl: 'https://carrier.example/v1/scans/scanevents',
  alarmEmail: 'none',
  api: true,
  apiCallersSecret: 'waybill/callers',
  webhooks: [webhook],
  notifySweep: 'rate(1 hour)',
};
const synthesized = synthesize({ ...given, images: JSON.stringify(images) });
const services = stackOf(synthesized, 'services');

const task = z.object({ ContainerDefinitions: z.tuple([z.object({ Image: z.string() })]) });
const trust = z.object({
  AssumeRolePolicyDocument: z.object({
    Statement: z.array(z.object({ Principal: z.object({ Service: z.string() }), Condition: z.unknown() })),
  }),
});

describe('images that were built before the deployment', () => {
  it('are those of the Dockerfile, but for the one that runs beside LocalStack', () => {
    expect([...deployedImages, 'local'].toSorted()).toEqual([...imageNames].toSorted());
  });

  it('run by their digests, from the repositories of the account, and the CDK builds none', () => {
    const run = [...resourcesOf(services, 'AWS::ECS::TaskDefinition').values()].map(
      (each) => task.parse(each).ContainerDefinitions[0].Image,
    );
    expect(run.toSorted()).toEqual(
      deployedImages
        .map((image) => `<AWS::AccountId>.dkr.ecr.<AWS::Region>.<AWS::URLSuffix>/waybill/${image}@${digestOf(image)}`)
        .toSorted(),
    );
    expect(JSON.stringify(services.template.toJSON())).not.toContain('container-assets');
    expect(synthesized.findings).toEqual([]);
  });

  it('are said by the outputs of the stacks: the version of both, the commit of the services', () => {
    const outputs = (end: 'data' | 'services') => stackOf(synthesized, end).template.findOutputs('*');
    expect(outputs('services')).toMatchObject({ Version: { Value: expect.any(String) }, Commit: { Value: commit } });
    expect(outputs('data')).toMatchObject({ Version: outputs('services')['Version'] });
    expect(outputs('data')).not.toHaveProperty('Commit');
  });

  it('change nothing in the data stack when they are of another commit', () => {
    const other = synthesize({ ...given, images: { ...images, commit: 'd1'.repeat(20) } });
    expect(stackOf(other, 'data').template.toJSON()).toEqual(stackOf(synthesized, 'data').template.toJSON());
    // Of the services the output alone: the same digests are the same tasks.
    expect(stackOf(other, 'services').resources).toEqual(services.resources);
  });
});

it('the version is a tag of what a new version replaces, and of nothing else', () => {
  const tagged = synthesized.stacks.flatMap(({ resources }) =>
    Object.values(resources).filter(({ Properties }) =>
      JSON.stringify(Properties['Tags'] ?? '').includes('waybill:version'),
    ),
  );
  expect([...new Set(tagged.map(({ Type }) => Type))].toSorted()).toEqual([
    'AWS::ECS::Service',
    'AWS::ECS::TaskDefinition',
  ]);
});

it('a service takes a role only for what belongs to this account', () => {
  const roles = synthesized.stacks.flatMap((stack) => [...resourcesOf(stack, 'AWS::IAM::Role').entries()]);
  expect(roles.length).toBeGreaterThan(9);
  const services = new Set<string>();
  for (const [id, role] of roles)
    for (const { Principal, Condition } of trust.parse(role).AssumeRolePolicyDocument.Statement) {
      services.add(Principal.Service);
      expect([id, Condition]).toEqual([
        id,
        expect.objectContaining({ StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } }),
      ]);
      if (Principal.Service === 'ecs-tasks.amazonaws.com')
        expect([id, Condition]).toMatchObject([
          id,
          { ArnLike: { 'aws:SourceArn': 'arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:*' } },
        ]);
    }
  expect([...services].toSorted()).toEqual(['ecs-tasks.amazonaws.com', 'scheduler.amazonaws.com']);
});

describe('the repositories of the images', () => {
  const repositories = synthesize({ stacks: 'images' });

  it('are a stack of their own that needs nothing else in the context', () => {
    expect(repositories.findings).toEqual([]);
    expect(repositories.stacks.map(({ name }) => name)).toEqual(['waybill-images']);
  });

  it('keep a tag where it is, scan what is pushed, and are not deleted with the stack', () => {
    const [stack] = repositories.stacks;
    const found = Object.values(stack?.resources ?? {});
    expect(found.map(({ Properties }) => Properties['RepositoryName'])).toEqual(
      deployedImages.map((image) => `waybill/${image}`),
    );
    for (const repository of found)
      expect(repository).toMatchObject({
        Type: 'AWS::ECR::Repository',
        DeletionPolicy: 'Retain',
        Properties: { ImageTagMutability: 'IMMUTABLE', ImageScanningConfiguration: { ScanOnPush: true } },
      });
  });
});
