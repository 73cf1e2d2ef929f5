declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** Each `…Ms` is how long a table stays in that state before the next one. Without `path`, data stay in memory. */
  export default function dynalite(options?: {
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
    path?: string;
  }): Server;
}
