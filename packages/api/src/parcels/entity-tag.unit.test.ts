import { describe, expect, test } from 'vitest';
import { entityTag, names } from './entity-tag.ts';

const tag = entityTag(2);

describe('If-None-Match', () => {
  test.each([
    ['"2"'],
    ['W/"2"'],
    ['*'],
    [' * '],
    ['"1", "2"'],
    ['"1",W/"2","3"'],
    ['"1,2", "2"'],
    ['"", "2"'],
    [', "2" ,'],
    ['  "2"  '],
  ])('%s names the tag "2"', (header) => {
    expect(names(header, tag)).toBe(true);
  });

  test.each([
    [undefined],
    [''],
    ['"1"'],
    ['"22"'],
    ['2'],
    ['"1,2"'],
    ['"1", "3"'],
    ['w/"2"'],
    ['"2'],
    ['"*"'],
    ['*, "1"'],
    ['"1" "2"'],
    ["'2'"],
  ])('%s does not', (header) => {
    expect(names(header, tag)).toBe(false);
  });
});
