import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';

import { type Api, keys, unwrap, useApi } from '../../api';
import type { PlanWish } from './draft';

export const planQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: [...keys.plans, id],
    queryFn: ({ signal }) => unwrap(api.GET('/plans/{id}', { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data && query.state.data.state !== 'pending' ? false : 1000),
    // A plan that cannot be found any more is made again, not asked for again.
    retry: false,
  });

export const targetsQuery = (api: Api) =>
  queryOptions({ queryKey: keys.targets, queryFn: ({ signal }) => unwrap(api.GET('/targets', { signal })) });

/** The schemas of the current instance, to warn of names and keys that are in use. The plan has the last word. */
export const takenQuery = (api: Api) =>
  queryOptions({
    queryKey: [...keys.schemas, 'taken'],
    queryFn: async ({ signal }) => {
      const { items } = await unwrap(api.GET('/schemas', { params: { query: { location: 'Cloud', status: 'Active', limit: 100 } }, signal }));
      return items.map(({ name, key }) => ({ name, key }));
    },
    staleTime: 60_000,
  });

export function useStartPlan() {
  const api = useApi();
  return useMutation({ mutationFn: (wish: PlanWish) => unwrap(api.POST('/plans', { body: wish })) });
}

export function useStartRestore() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (planId: string) => unwrap(api.POST('/restores', { body: { planId } })),
    onSuccess: ({ restore }) => {
      client.setQueryData([...keys.restores, restore.id], restore);
      return Promise.all([keys.restores, keys.schemas].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
}
