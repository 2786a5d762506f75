import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Api, unwrap, useApi } from './client';
import { isActive, keys, pace } from './queries';
import type { BackupPhaseName, Schema } from './types';

/** How many schemas stand on one page of the grid. */
export const SCHEMAS_PER_PAGE = 25;

export interface SchemaWish {
  q?: string | undefined;
  instance?: string | undefined;
  location?: Schema['location'] | undefined;
  status?: Schema['status'] | undefined;
  hideDeleted?: true | undefined;
  cursor?: string | undefined;
}

export const schemasQuery = (api: Api, wish: SchemaWish) =>
  queryOptions({
    queryKey: [...keys.schemas, 'list', wish],
    queryFn: ({ signal }) => unwrap(api.GET('/schemas', { params: { query: { ...wish, limit: SCHEMAS_PER_PAGE } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => pace(query.state.data?.items.some((schema) => isActive(schema.run)) ?? false),
  });

export function useSchemas(wish: SchemaWish) {
  return useQuery(schemasQuery(useApi(), wish));
}

/** Starts a backup of a schema. */
export function useStartBackup() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, description, phases }: { id: string; description: string; phases?: BackupPhaseName[] }) =>
      unwrap(api.POST('/schemas/{id}/backups', { params: { path: { id } }, body: { ...(description ? { description } : {}), ...(phases ? { phases } : {}) } })),
    onSettled: () => Promise.all([keys.schemas, keys.backups].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

/** Deletes a schema from the app. */
export function useDeleteSchema() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) => unwrap(api.DELETE('/schemas/{id}', { params: { path: { id } }, body: { confirmName: name } })),
    onSuccess: () => Promise.all([keys.schemas, keys.backups].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
