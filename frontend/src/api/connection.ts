import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { type Api, unwrap, useApi } from './client';
import { hasCode } from './problem';
import { isActive, keys, pace } from './queries';
import { useRun } from './runs';
import { useSession } from './session';
import type { Connection, ConnectionInput, ConnectionTrial } from './types';

export const connectionQuery = (api: Api) =>
  queryOptions({
    queryKey: keys.connection,
    queryFn: async ({ signal }): Promise<Connection | null> => {
      try {
        return await unwrap(api.GET('/connection', { signal }));
      } catch (error) {
        if (hasCode(error, 'not-connected')) return null;
        throw error;
      }
    },
    refetchInterval: (query) => pace(isActive(query.state.data?.sync)),
  });

/** The connection to the site's own Assets; null before the set-up. It is not asked for before there can be one. */
export function useConnection() {
  const step = useSession().data?.setup.step;
  return useQuery({ ...connectionQuery(useApi()), enabled: step !== undefined && step !== 'credentials' });
}

/** Tries credentials on the site and saves nothing. */
export function useCheckConnection() {
  const api = useApi();
  return useMutation({ mutationFn: (body: ConnectionTrial) => unwrap(api.POST('/connection/check', { body })) });
}

/** Looks up the workspace of the site. */
export function useFindWorkspace() {
  const api = useApi();
  return useMutation({ mutationFn: (body: { email: string; token?: string }) => unwrap(api.POST('/connection/workspace', { body })) });
}

export function useSaveConnection() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ConnectionInput) => unwrap(api.PUT('/connection', { body })),
    onSuccess: async (connection) => {
      client.setQueryData(keys.connection, connection);
      await client.invalidateQueries({ queryKey: keys.session });
    },
  });
}

export function useChooseStorage() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.PUT('/connection/storage', { body: { kind: 'builtin' } })),
    onSuccess: async (connection) => {
      client.setQueryData(keys.connection, connection);
      await client.invalidateQueries({ queryKey: keys.session });
    },
  });
}

/** Deletes the connection. Everything that was fetched through it is forgotten here too. */
export function useDeleteConnection() {
  const api = useApi();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE('/connection', { body: { confirm: true } })),
    onSuccess: async () => {
      client.setQueryData(keys.connection, null);
      client.removeQueries({ queryKey: keys.schemas });
      await client.invalidateQueries({ queryKey: keys.session });
    },
  });
}

/** The sync of the schemas: starts it, follows it, and fetches anew what it changed. A sync found under way is followed too. */
export function useSync() {
  const api = useApi();
  const client = useQueryClient();
  const found = useConnection().data?.sync?.id;
  const [id, setId] = useState<string>();
  const run = useRun(id).data;

  // A sync that somebody else started, or that was started before a reload.
  if (found && found !== id) setId(found);

  const start = useMutation({
    mutationFn: () => unwrap(api.POST('/sync')),
    onSuccess: (started) => {
      client.setQueryData([...keys.runs, started.id], started);
      setId(started.id);
    },
  });

  const told = useRef<string>();
  useEffect(() => {
    if (!run || isActive(run) || told.current === run.id) return;
    told.current = run.id;
    for (const queryKey of [keys.connection, keys.schemas, keys.session]) void client.invalidateQueries({ queryKey });
  }, [client, run]);

  return { start, run, running: start.isPending || isActive(run) };
}
