import { z } from 'zod';

/** An id that is a text: whatever it is, it is looked for, and 404 where it is not there. No key of a table is longer. */
export const idInPath = z.string().min(1).max(255);
