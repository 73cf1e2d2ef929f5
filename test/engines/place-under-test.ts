import { openPlace, type Place } from '@waybill/local/engines/place.ts';
import { afterAll, beforeAll } from 'vitest';
import { uncovered } from '../ground/uncovered.ts';

/** Engines for the test file that calls it. */
export function usePlace(): () => Place {
  let place: Place | undefined;
  beforeAll(async () => {
    place = await uncovered(() => openPlace(process.env));
  });
  afterAll(() => place?.stop());
  return () => {
    if (!place) throw new Error('the engines are there from beforeAll on');
    return place;
  };
}
