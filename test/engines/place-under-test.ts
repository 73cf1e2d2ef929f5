import { openPlace, type Place } from '@waybill/local/engines/place.ts';
import { afterAll, beforeAll } from 'vitest';

/** Engines for the test file that calls it. */
export function usePlace(): () => Place {
  let place: Place | undefined;
  beforeAll(async () => {
    place = await openPlace(process.env);
  });
  afterAll(() => place?.stop());
  return () => {
    if (!place) throw new Error('the engines are there from beforeAll on');
    return place;
  };
}
