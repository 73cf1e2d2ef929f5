import { z } from 'zod';
import { jsonValue, oneOf, text } from './context-key.ts';

const subnetIds = z
  .array(text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a subnet id, like `subnet-0123456789abcdef0`'))
  .min(1);

/** An existing VPC: tasks run in its private subnets, which must reach the internet, or in its public ones. */
const importedVpc = z
  .strictObject({
    vpcId: text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a VPC id, like `vpc-0123456789abcdef0`'),
    availabilityZones: z.array(text(/^[a-z0-9-]+$/, 'an availability zone, like `eu-west-1a`')).min(1),
    privateSubnetIds: subnetIds.exactOptional(),
    publicSubnetIds: subnetIds.exactOptional(),
  })
  .superRefine(({ availabilityZones, privateSubnetIds, publicSubnetIds }, context) => {
    const given = Object.entries({ privateSubnetIds, publicSubnetIds }).filter(([, ids]) => ids !== undefined);
    if (given.length !== 1)
      context.addIssue('expected either `privateSubnetIds` or `publicSubnetIds`: tasks run in one kind of subnet');
    for (const [kind, ids] of given)
      if (ids?.length !== availabilityZones.length)
        context.addIssue({
          code: 'custom',
          path: [kind],
          message: 'expected one for each of the availabilityZones, in the same order',
        });
  });

/** A zone of a region. Not a Local Zone, whose name goes on after the region's: Fargate runs no tasks there. */
const zone = text(/^[a-z]{2}(-[a-z]+)+-\d[a-p]$/, 'a zone of a region, like `eu-west-1a`');

const zones = z
  .array(zone)
  .min(1)
  .max(6)
  .superRefine((names, context) => {
    for (const [at, name] of names.entries()) {
      const refuse = (message: string) => context.addIssue({ code: 'custom', path: [at], message });
      if (names.indexOf(name) < at) refuse(`is there twice: ${name}`);
      if (name.slice(0, -1) !== names[0]?.slice(0, -1)) refuse(`is of another region than ${names[0]}: ${name}`);
    }
  });

/** Where the tasks run. */
export const networkKeys = {
  network: oneOf(['own', 'shared'], {
    meaning:
      '`shared`: the environment runs in the VPC of the stack `waybill-network`, which is deployed once with `stacks=network` ([how](../infra/RUNBOOK.md#share-a-network))',
    default: 'own',
  }),
  zones: jsonValue(zones, {
    meaning:
      'zones of the own or shared VPC in which there is a subnet, and tasks run. Each has the same addresses whichever others there are. Two or more: a zone may fail',
    allowed: '`["eu-west-1a", "eu-west-1c"]`, 6 at most',
    shownDefault: 'the first two of the region',
  }),
  vpc: jsonValue(importedVpc, {
    meaning:
      'an existing VPC to run in. Its private subnets must reach the internet; in public ones each task has a public address, and nothing is let in. With `api`, DNS names must be on in it. The app does not look anything up',
    allowed:
      '`{"vpcId", "availabilityZones": […], "privateSubnetIds": […]}`, or with `publicSubnetIds` instead; one subnet per zone',
    shownDefault: 'none: see `network`',
  }),
};
