import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem';
import type { Run } from './types';

/** How often a page asks again while something it shows is being worked on, and else. */
export const SOON = 1500;
export const SOMETIME = 30_000;

/** The time until the next look: short while something runs. Hidden tabs do not look at all. */
export function pace(busy: boolean): number {
  return busy ? SOON : SOMETIME;
}

const over: ReadonlySet<Run['state']> = new Set(['succeeded', 'partial', 'failed', 'terminated']);

/** Whether a run still moves, or will without anybody's doing. */
export function isActive(run: Pick<Run, 'state'> | null | undefined): boolean {
  return run != null && !over.has(run.state);
}

export function createQueryClient(): QueryClient {
  // A refusal may mean that the person lost the right or the site its licence: the session tells, and all pages with it.
  const refused = (error: unknown) => {
    if (error instanceof ApiProblem && (error.status === 401 || error.status === 403)) void client.invalidateQueries({ queryKey: keys.session });
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => (query.queryKey[0] === keys.session[0] ? undefined : refused(error)) }),
    mutationCache: new MutationCache({ onError: refused }),
    defaultOptions: {
      queries: {
        staleTime: 1000,
        retry: (count, error) => count < 2 && error instanceof ApiProblem && error.passing,
        retryDelay: (count) => Math.min(1000 * 2 ** count, 8000),
        refetchIntervalInBackground: false,
        // Without a network a page says so, rather than to stand still and to ask later by itself.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  return client;
}

/** The names under which answers are kept. Everything below a name is forgotten with it. */
export const keys = {
  session: ['session'] as const,
  licence: ['licence'] as const,
  connection: ['connection'] as const,
  schemas: ['schemas'] as const,
  backups: ['backups'] as const,
  plans: ['plans'] as const,
  restores: ['restores'] as const,
  runs: ['runs'] as const,
  targets: ['targets'] as const,
};
