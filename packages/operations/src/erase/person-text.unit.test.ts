import { packCut, packUnparsed } from '@waybill/shared/domain/pack.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { personText } from './person-text.ts';

const names = fc
  .string({ unit: 'binary', minLength: 3 })
  .filter((text) => [...text.trim().normalize('NFC')].length > 2 && !/[\r\n]/.test(text.trim()));

describe('a text that names a person', () => {
  test('is found in every element that holds it, however the element travels', () => {
    fc.assert(
      fc.property(names, (name) => {
        const { isIn } = personText(name);
        const element = { EventId: 1, User: { UserId: name.trim() } };
        expect(isIn(packUnparsed(element))).toBe(true);
        expect(isIn(packUnparsed(element, JSON.stringify(element)))).toBe(true);
        expect(isIn(packCut(JSON.stringify(element), 'TOO_LARGE'))).toBe(true);
        expect(isIn(JSON.stringify(element))).toBe(true);
      }),
    );
  });

  test.each([
    ['in the carrier’s own escapes', 'é/x', '{"UserId":"\\u00E9\\/x"}'],
    ['with its letters put together otherwise', 'jose\u0301', '{"UserId":"jos\\u00e9"}'],
    [
      'in an answer that is not UTF-8',
      'jos\u00e9',
      packCut(Buffer.from('{"User":"jos\u00e9"').toString('latin1'), 'NOT_UTF8'),
    ],
  ])('is found %s', (_how, name, body) => {
    expect(personText(name).isIn(body)).toBe(true);
    expect(personText(`${name}!`).isIn(body)).toBe(false);
  });

  test.each([
    ['NC1001', '{"UserId":"NC1001"}', false],
    ['NC1001', '{"UserId":"NC10012"}', true],
    ['NC1001', '{"UserId":"NC10012","By":"NC1001"}', false],
    ['josé', '{"UserId":"maría-jos\\u00e9"}', false],
    ['josé', '{"UserId":"jos\\u00e9\\u00e9"}', true],
    ['NC1001', '{"UserId":"NC1002"}', false],
  ])('that stands in longer words only is told apart: %s in %s', (name, body, expected) => {
    expect(personText(name).isPartOfWords(body)).toBe(expected);
  });

  test.each(['jane.doe\nNC1001\n', 'jane.doe\r\nNC1001'])('of more than one line is refused: %j', (text) => {
    expect(() => personText(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => personText(text)).not.toThrow(/jane|NC1001/);
  });

  test.each(['', '  ', ' ab ', '📦📦'])('of fewer than three characters is refused: %j', (text) => {
    expect(() => personText(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
