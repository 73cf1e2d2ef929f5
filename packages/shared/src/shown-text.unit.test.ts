import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { describeError } from './error.ts';
import { shownText } from './shown-text.ts';

/** An answer of DynamoDB with this text; the class does not matter. */
const answer = (message: string) => new ConditionalCheckFailedException({ message, $metadata: {} });

const parseError = (json: string) => {
  try {
    JSON.parse(json);
  } catch (error) {
    return error;
  }
  return undefined;
};

test.for([
  ['a value that DynamoDB refuses', answer("1 validation error detected: Value 'PRIVATE' at 'runId' failed")],
  ['a number that it cannot read', answer('The parameter cannot be converted to a numeric value: PRIVATE')],
  ['the request whose signature it refuses', answer("Mismatch. The Canonical String was\n'POST\nx-amz-token:PRIVATE'")],
  ['a header that it cannot read', answer('IncompleteSignature: Authorization=AWS4 Credential=PRIVATE/20250101')],
  ['the beginning of a text that is not JSON', parseError('{"UserId": "PRIVATE-42", oops}')],
  ['a short text that is not JSON', parseError('PRIVATE')],
  ['the user of a URL', new Error('Unable to reach https://me:PRIVATE@host.test/v1?k=PRIVATE#PRIVATE now')],
  ['a header', new Error('got Authorization: Bearer PRIVATE')],
  ['a token', new Error('password=PRIVATE&token: PRIVATE')],
] as const)('%s is not shown', ([, error]) => {
  const shown = describeError(error);
  expect(shown).not.toContain('PRIVATE');
  expect(shown.length).toBeGreaterThan(10);
});

test.for([
  'The security token included in the request is expired',
  'User: arn:aws:sts::123456789012:assumed-role/waybill/1 is not authorized to perform: dynamodb:UpdateItem',
  'Requested resource not found: Table: waybill-parcels not found',
  'Type mismatch for Index Key statusCode Expected: N Actual: S IndexName: by-status',
  'connect ECONNREFUSED 127.0.0.1:4566',
  'https://sqs.eu-west-1.amazonaws.com/1/scans does not exist',
])('%s: stays as it is', (text) => {
  expect(shownText(text, true)).toBe(text);
});

test('a long text is cut', () => {
  expect(shownText('x'.repeat(100_000), false)).toBe(`${'x'.repeat(300)}…`);
});
