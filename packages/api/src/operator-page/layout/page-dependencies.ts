import type { Cursors } from '../../pages/cursor.ts';
import type { RedrivesDependencies } from '../../redrives/redrives.ts';
import type { ApiDependencies } from '../../server/api-dependencies.ts';
import type { Show } from './show.ts';

/** What a screen works with. */
export type PageDependencies = ApiDependencies &
  Pick<RedrivesDependencies, 'slot' | 'pace'> & {
    readonly cursors: Cursors;
    /** Sends a screen. */
    readonly show: Show;
  };
