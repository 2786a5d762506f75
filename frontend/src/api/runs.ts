import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Api, unwrap, useApi } from './client';
import { isActive, keys, pace } from './queries';

export const runQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.runs, id],
    queryFn: ({ signal }) => unwrap(api.GET('/runs/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data && !isActive(query.state.data) ? false : pace(true)),
  });

/** One run, looked at again until it is over. */
export function useRun(id: string | undefined) {
  const api = useApi();
  return useQuery({ ...runQuery(api, id ?? ''), enabled: id !== undefined });
}

/** Asks a run to stop. It answers at once; the run stops a moment later. */
export function useStopRun() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST('/runs/{id}/stop', { params: { path: { id } } })),
    onSuccess: (run) => client.setQueryData([...keys.runs, run.id], run),
    onSettled: () =>
      Promise.all([keys.schemas, keys.backups, keys.restores, keys.connection].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
