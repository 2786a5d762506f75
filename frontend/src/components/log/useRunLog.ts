import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';

import { type Api, isActive, keys, type Run, unwrap, useApi } from '../../api';
import { useHost } from '../../lib/HostContext';
import type { Host } from '../../lib/host';
import { emptyLog, KEPT_LINES, type LogLine } from './buffer';
import { readEvents } from './events';
import { follow, type FollowState, type LogSource } from './follow';

/** The log of one run, read from the API: by looking, and by a stream where the host lets one through. */
export function runLog(api: Api, host: Host, runId: string, moved: (run: Run) => void): LogSource {
  return {
    async page(after, signal) {
      const query = { limit: KEPT_LINES, ...(after === undefined ? {} : { after }) };
      const page = await unwrap(api.GET('/runs/{id}/log', { params: { path: { id: runId }, query }, signal }));
      return page.items;
    },
    // Forge passes whole answers only.
    stream: host.kind === 'forge' ? undefined : (after, push, signal) => stream(host, runId, after, push, moved, signal),
  };
}

async function stream(
  host: Host,
  runId: string,
  after: number,
  push: (lines: readonly LogLine[]) => void,
  moved: (run: Run) => void,
  signal: AbortSignal,
): Promise<'end' | 'closed'> {
  const token = await host.token();
  const request = new Request(`${host.apiRoot}/runs/${encodeURIComponent(runId)}/events`, {
    headers: { Accept: 'text/event-stream', 'Last-Event-ID': String(after), ...(token ? { Authorization: `JWT ${token}` } : {}) },
    signal,
  });
  let ended = false;
  await readEvents(
    await host.fetch(request),
    ({ event, data }) => {
      if (event === 'log') push((JSON.parse(data) as { items: LogLine[] }).items);
      else if (event === 'progress') moved(JSON.parse(data) as Run);
      else if (event === 'end') ended = true;
    },
    signal,
  );
  return ended ? 'end' : 'closed';
}

/** Follows the log of a run for as long as the component lives. Another run begins another log. */
export function useRunLog(runId: string, run: Run | undefined): FollowState {
  const api = useApi();
  const host = useHost();
  const client = useQueryClient();
  const [state, setState] = useState<FollowState>({ following: 'loading', log: emptyLog });
  const isOver = run !== undefined && !isActive(run);
  // A run that is resumed moves again after it was over, and its log with it.
  const [rounds, setRounds] = useState({ isOver, count: 0 });
  if (rounds.isOver !== isOver) setRounds({ isOver, count: isOver ? rounds.count : rounds.count + 1 });
  const over = useRef(isOver);
  useEffect(() => {
    over.current = isOver;
  }, [isOver]);

  useEffect(() => {
    const abort = new AbortController();
    const moved = (r: Run) => client.setQueryData([...keys.runs, runId], r);
    void follow({ source: runLog(api, host, runId, moved), over: () => over.current, changed: setState }, abort.signal);
    return () => abort.abort();
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another round follows the log again
  }, [api, host, client, runId, rounds.count]);

  return state;
}
