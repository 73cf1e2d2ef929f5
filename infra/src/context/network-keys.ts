import { z } from 'zod';
import { jsonValue, text } from './context-key.ts';

/** An existing VPC. Tasks run in its private subnets, which must reach the internet. */
const importedVpc = z
  .strictObject({
    vpcId: text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a VPC id, like `vpc-0123456789abcdef0`'),
    availabilityZones: z.array(text(/^[a-z0-9-]+$/, 'an availability zone, like `eu-west-1a`')).min(1),
    privateSubnetIds: z
      .array(text(/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/, 'a subnet id, like `subnet-0123456789abcdef0`'))
      .min(1),
  })
  .refine((vpc) => vpc.privateSubnetIds.length === vpc.availabilityZones.length, {
    path: ['privateSubnetIds'],
    message: 'expected one for each of the availabilityZones, in the same order',
  });

export type ImportedVpc = z.infer<typeof importedVpc>;

/** Where the tasks run. */
export const networkKeys = {
  vpc: jsonValue(importedVpc, {
    meaning:
      'an existing VPC to run in; its private subnets must reach the internet. The app does not look anything up',
    allowed: '`{"vpcId", "availabilityZones": […], "privateSubnetIds": […]}`, one subnet per zone',
    shownDefault: 'its own VPC: public subnets, no NAT, no inbound traffic',
  }),
};
