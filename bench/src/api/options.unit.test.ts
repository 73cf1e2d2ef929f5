import { expect, test } from 'vitest';
import { parts, readApiOptions, usage } from './options.ts';

test('without flags, everything is measured on the embedded engines', () => {
  expect(readApiOptions([], {})).toMatchObject({ parts, rounds: 5, minutes: 1, named: undefined, json: false });
});

test('parts that are asked for come in their own order, on the engines that the environment names', () => {
  const env = { AWS_ENDPOINT_URL_SQS: 'http://sqs:1', AWS_ENDPOINT_URL_DYNAMODB: 'http://dynamodb:2' };
  expect(readApiOptions(['--only', 'memory', '--only', 'reads', '--minutes', '10'], env)).toMatchObject({
    parts: ['reads', 'memory'],
    minutes: 10,
    named: { sqs: 'http://sqs:1', dynamodb: 'http://dynamodb:2' },
  });
});

test('each mistake is named', () => {
  expect(() => readApiOptions(['--only', 'writes', '--rounds', '0', '--sqs', 'http://sqs:1'], {})).toThrow(
    [
      '--only: expected one of reads, ingestion, neighbours, refusals, memory, got "writes"',
      '--rounds: expected a whole number 1–99, got "0"',
      '--dynamodb: both endpoints must be named, this one is missing',
    ].join('\n'),
  );
});

test('the usage fits 80 columns', () => {
  expect(readApiOptions(['--help'], {})).toBe('help');
  expect(usage.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
