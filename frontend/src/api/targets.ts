import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type Api, unwrap, useApi } from './client';
import { keys } from './queries';
import type { TargetInput, TargetTrial } from './types';

export const targetsQuery = (api: Api) => queryOptions({ queryKey: keys.targets, queryFn: ({ signal }) => unwrap(api.GET('/targets', { signal })) });

/** The instances that backups can be migrated to. */
export function useTargets() {
  return useQuery(targetsQuery(useApi()));
}

/** Tries the details of an instance and saves nothing. */
export function useCheckTarget() {
  const api = useApi();
  return useMutation({ mutationFn: (body: TargetTrial) => unwrap(api.POST('/targets/check', { body })) });
}

/** Adds an instance, or changes the one with the given id. */
export function useSaveTarget(id: string | undefined) {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: TargetInput) => unwrap(id ? api.PUT('/targets/{id}', { params: { path: { id } }, body }) : api.POST('/targets', { body })),
    onSuccess: () => Promise.all([keys.targets, keys.schemas].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

export function useDeleteTarget() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.DELETE('/targets/{id}', { params: { path: { id } } })),
    onSuccess: () => Promise.all([keys.targets, keys.schemas].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
