import { z } from 'zod';
import { jsonValue, shownValue } from './context-key.ts';

/** Tags of one deployment at most. AWS takes 50 of a resource; Waybill and the CDK need some of them. */
const mostTags = 40;

/** Characters that every service of AWS takes in a tag ("Tag naming limits and requirements"); no space at either end. */
const characters = String.raw`[\p{L}\p{N}_.:/=+\-@](?:[\p{L}\p{N}\p{Zs}_.:/=+\-@]*[\p{L}\p{N}_.:/=+\-@])?`;
const keyPattern = new RegExp(`^(?=.{1,128}$)${characters}$`, 'u');
const valuePattern = new RegExp(`^(?=.{0,256}$)(?:${characters})?$`, 'u');
/** `aws:` is AWS's, `aws-cdk:` the CDK's, `waybill:` is set by the app itself. */
const reserved = /^(aws|aws-cdk|waybill):/i;

const value = z.union([z.string(), z.number(), z.boolean()], { error: 'expected text' }).transform(String);

const tags = z.record(z.string(), value).superRefine((given, context) => {
  const keys = Object.keys(given);
  if (keys.length > mostTags) context.addIssue(`expected at most ${mostTags}, got ${keys.length}`);
  for (const key of keys) {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (reserved.test(key)) refuse('is reserved: keys may not begin with `aws:`, `aws-cdk:` or `waybill:`');
    else if (!keyPattern.test(key)) refuse('is not a key of AWS: 1–128 of letters, digits, spaces and `_.:/=+-@`');
    // IAM does not tell them apart.
    if (keys.some((other) => other < key && other.toLowerCase() === key.toLowerCase()))
      refuse('is there twice, in capitals and without');
    const text = given[key] ?? '';
    if (!valuePattern.test(text))
      refuse(`expected a value of at most 256 letters, digits, spaces and \`_.:/=+-@\`, got ${shownValue(text)}`);
  }
});

/** The context key of the owner's tags. */
export const tagsKey = jsonValue<Readonly<Record<string, string>>>(tags, {
  meaning:
    'tags of your own on both stacks, all that is in them, and their tasks, beside `waybill:environment` ([why and where](decisions/0186-tags-on-everything.md))',
  allowed: `\`{"CostCenter": "4711", …}\`, ${mostTags} at most; 128 characters of a key, 256 of a value`,
  default: {},
  shownDefault: 'none',
});
