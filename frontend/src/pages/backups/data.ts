import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { type Api, type Backup, isActive, keys, pace, unwrap, useApi } from '../../api';
import { type BackupFilter, momentsOf } from './filter';

/** How many backups a page shows. */
export const BACKUPS_PER_PAGE = 20;

/** Whether somebody is still working on a backup: its run, or one of the phases that follow in the background. */
export function isMoving(backup: Backup): boolean {
  return isActive(backup.run) || backup.state === 'pending' || backup.state === 'running' || backup.state === 'deleting' || backup.phases.some((p) => p.state === 'running');
}

export const backupsQuery = (api: Api, schemaId: string, filter: BackupFilter, timeZone: string, cursor: string | undefined) =>
  queryOptions({
    queryKey: [...keys.backups, 'of', schemaId, filter, timeZone, cursor ?? ''],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/schemas/{id}/backups', {
          params: {
            path: { id: schemaId },
            query: { limit: BACKUPS_PER_PAGE, ...(filter.trigger ? { trigger: filter.trigger } : {}), ...momentsOf(filter, timeZone), ...(cursor ? { cursor } : {}) },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => pace(query.state.data?.items.some(isMoving) ?? false),
  });

export const backupQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.backups, id],
    queryFn: ({ signal }) => unwrap(api.GET('/backups/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => pace(query.state.data ? isMoving(query.state.data) : false),
  });

export const schemaQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.schemas, id],
    queryFn: ({ signal }) => unwrap(api.GET('/schemas/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => pace(isActive(query.state.data?.run)),
  });

/** Changes the description of a backup. */
export function useDescribeBackup() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, description }: { id: string; description: string }) =>
      unwrap(api.PATCH('/backups/{id}', { params: { path: { id } }, body: { description } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.backups }),
  });
}

/** Deletes a backup for good; the name of its schema is the confirmation. */
export function useDeleteBackup() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, confirmName }: { id: string; confirmName: string }) =>
      unwrap(api.DELETE('/backups/{id}', { params: { path: { id } }, body: { confirmName } })),
    onSettled: () => Promise.all([keys.backups, keys.schemas].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
