import { expect, test } from 'vitest';
import { countInWords, inWords } from './field-words.ts';

test.for([
  ['failureId', 'failure id'],
  ['sentAtUtc', 'sent'],
  ['createdDateTimeUtc', 'created'],
  ['receiveCount', 'receive count'],
  ['dead letters', 'dead letters'],
] as const)('%s is %s in words', ([name, words]) => {
  expect(inWords(name)).toBe(words);
});

test('a count has separators, and an id has none', () => {
  expect(countInWords('handedBack', 1_204)).toBe('handed back 1,204');
  expect(countInWords('nextEventId', 83_994)).toBe('next event id 83994');
});
