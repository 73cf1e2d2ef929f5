import { afterAll, beforeAll } from 'vitest';
import { openPlace, type Place } from './deployment.ts';

/** Engines for the test file that calls it. */
export function usePlace(): () => Place {
  let place: Place | undefined;
  beforeAll(async () => {
    place = await openPlace(process.env);
  });
  afterAll(() => place?.close());
  return () => {
    if (!place) throw new Error('the engines are there from beforeAll on');
    return place;
  };
}
