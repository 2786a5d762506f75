import { queryOptions, useQuery } from '@tanstack/react-query';
import { type Api, unwrap, useApi } from './client';
import { keys, SOMETIME } from './queries';

export const sessionQuery = (api: Api) =>
  queryOptions({ queryKey: keys.session, queryFn: ({ signal }) => unwrap(api.GET('/session', { signal })), refetchInterval: SOMETIME });

/** Who is calling, the licence, and how far the set-up has come. */
export function useSession() {
  return useQuery(sessionQuery(useApi()));
}
