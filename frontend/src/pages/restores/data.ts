import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { type Api, ApiProblem, keys, pace, unwrap, useApi } from '../../api';
import { isOver } from './status';

/** How many restores a page shows. */
export const RESTORES_PER_PAGE = 20;

export const restoresQuery = (api: Api, schemaId: string | undefined, cursor: string | undefined) =>
  queryOptions({
    queryKey: [...keys.restores, 'of', schemaId ?? '', cursor ?? ''],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/restores', {
          params: { query: { limit: RESTORES_PER_PAGE, ...(schemaId ? { schemaId } : {}), ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => pace(query.state.data?.items.some((r) => !isOver(r.state)) ?? false),
  });

/** One restore, looked at every second while it moves. */
export const restoreQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.restores, id],
    queryFn: ({ signal }) => unwrap(api.GET('/restores/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data.state) ? false : 1000),
  });

/** Goes on with a run that was stopped or failed. */
export function useResumeRun() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST('/runs/{id}/resume', { params: { path: { id } } })),
    onSettled: () => Promise.all([keys.runs, keys.restores, keys.backups, keys.schemas].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

/** The full log of a restore as a file. It is fetched and not linked to, because the request carries a token. */
export async function fullLog(api: Api, restoreId: string): Promise<Blob> {
  const { data, error, response } = await api.GET('/restores/{id}/log.json', { params: { path: { id: restoreId } }, parseAs: 'blob' });
  if (!response.ok || !data) throw ApiProblem.from(response.status, error, response.headers.get('X-Request-Id'));
  return data as unknown as Blob;
}

/** Hands a file to the browser. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
