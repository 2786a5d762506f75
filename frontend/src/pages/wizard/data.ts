import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { type Api, keys, unwrap, useApi } from '../../api';
import { useSettled } from '../../lib/useSettled';
import { checkKey, checkName, type Draft, type InUse, type Named, nothingInUse, type PlanWish, suggest } from './draft';

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

/** Whether a name or a key is in use on the current instance, as of the last sync. The plan has the last word. */
const inUseQuery = (api: Api, what: keyof Named, text: string) =>
  queryOptions({
    queryKey: [...keys.schemas, 'in use', what, text],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/schemas/names', { params: { query: { [what]: text } }, signal })))[what],
    staleTime: 30_000,
    retry: false,
  });

/** After so many suggestions that are all in use, the next one is taken unseen. */
const MOST_SUGGESTIONS = 20;

/** A name and a key that are free on the current instance. */
export const freeQuery = (api: Api, { name, key }: Named) =>
  queryOptions({
    queryKey: [...keys.schemas, 'free', name, key],
    queryFn: async ({ signal }) => {
      for (let nth = 1; ; nth++) {
        const named = suggest({ name, key }, 'current', nth);
        if (nth > MOST_SUGGESTIONS) return named;
        const used = await unwrap(api.GET('/schemas/names', { params: { query: named }, signal }));
        if (!used.name && !used.key) return named;
      }
    },
    retry: false,
  });

/** How long somebody may type before the service is asked. */
const PAUSE = 300;

/** Which of the name and the key of a draft are in use: known a moment after they were typed, or when asked. */
export function useInUse(draft: Draft, wanted: boolean): { inUse: InUse; ask: (draft: Draft) => Promise<InUse> } {
  const api = useApi();
  const client = useQueryClient();
  const name = useSettled(draft.schemaName.trim(), PAUSE);
  const key = useSettled(draft.schemaKey, PAUSE);
  const nameUsed = useQuery({ ...inUseQuery(api, 'name', name), enabled: wanted && !checkName(name) });
  const keyUsed = useQuery({ ...inUseQuery(api, 'key', key), enabled: wanted && !checkKey(key) });
  const [asked, setAsked] = useState(nothingInUse);
  const inUse = { names: nameUsed.data ? [...asked.names, name] : asked.names, keys: keyUsed.data ? [...asked.keys, key] : asked.keys };

  const ask = async ({ schemaName, schemaKey }: Draft): Promise<InUse> => {
    // What cannot be found out now, the plan tells later.
    const used = (what: keyof Named, text: string) => client.fetchQuery(inUseQuery(api, what, text)).catch(() => false);
    const trimmed = schemaName.trim();
    const [isName, isKey] = await Promise.all([!checkName(trimmed) && used('name', trimmed), !checkKey(schemaKey) && used('key', schemaKey)]);
    const found = { names: isName ? [trimmed] : [], keys: isKey ? [schemaKey] : [] };
    setAsked(found);
    return found;
  };
  return { inUse, ask };
}

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
