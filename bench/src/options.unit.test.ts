import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('measures everything on the embedded engines by default', () => {
  expect(readOptions([], {})).toMatchObject({
    events: 20_000,
    runs: 3,
    subjects: ['waybill', 'straightforward', 'limit'],
    embedded: true,
    named: undefined,
  });
});

test('takes other engines from flags, and from the variables of the SDK', () => {
  const variables = {
    AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9324',
    AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000',
  };
  const read = readOptions(['--engine', 'named', '--dynamodb', 'http://127.0.0.1:1'], variables);
  expect(read).toMatchObject({
    embedded: false,
    named: { sqs: 'http://127.0.0.1:9324', dynamodb: 'http://127.0.0.1:1' },
  });
  expect(readOptions([], { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' })).toMatchObject({
    embedded: true,
    named: { sqs: 'http://127.0.0.1:4566', dynamodb: 'http://127.0.0.1:4566' },
  });
});

test('reports everything that is wrong at once', () => {
  const args = ['--events', '10', '--runs', 'three', '--only', 'peers', '--sqs', 'http://127.0.0.1:1'];
  const wrong = () => readOptions(args, {});
  expect(wrong).toThrow('--events: expected a whole number 1000–10000000, got "10"');
  expect(wrong).toThrow('--runs: expected a whole number 1–99, got "three"');
  expect(wrong).toThrow('--only: expected one of waybill, straightforward, limit, got "peers"');
  expect(wrong).toThrow('--dynamodb: both endpoints must be named, this one is missing');
});

test('refuses --engine named without endpoints', () => {
  expect(() => readOptions(['--engine', 'named'], {})).toThrow('--sqs and --dynamodb');
});
