import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { keys, unwrap, useApi } from '../../api';
import { useSettled } from '../../lib/useSettled';
import { filterLines, KEPT_LINES, type LogFilter, type LogLine, wordsOf } from './buffer';

/** How long somebody may type before the log is searched, and how often a log that grows is searched again. */
const PAUSE = 300;
const AGAIN = 5000;

/** What a search of the whole log found. */
export interface Found {
  lines: readonly LogLine[];
  /** There are more than are shown. */
  more: boolean;
}

/** Searches all of the log of a run, where the lines at hand are only its end. Undefined while there is no answer. */
export function useLogSearch(runId: string, filter: LogFilter, wanted: boolean, grows: boolean): { found: Found | undefined; error: unknown } {
  const api = useApi();
  const text = useSettled(filter.text.trim(), PAUSE);
  const outcome = [...filter.outcomes].sort();
  const search = useQuery({
    queryKey: [...keys.runs, runId, 'log', text, outcome],
    queryFn: async ({ signal }): Promise<Found> => {
      // The service looks for one text. Of several words it gets the longest, and what it finds is looked through here.
      const q = wordsOf(text).sort((a, b) => b.length - a.length)[0];
      const query = { after: 0, limit: KEPT_LINES, ...(q ? { q } : {}), ...(outcome.length > 0 ? { outcome } : {}) };
      const { items } = await unwrap(api.GET('/runs/{id}/log', { params: { path: { id: runId }, query }, signal }));
      return { lines: filterLines(items, { outcomes: new Set(), text }), more: items.length >= KEPT_LINES };
    },
    enabled: wanted,
    placeholderData: keepPreviousData,
    refetchInterval: grows ? AGAIN : false,
  });
  return { found: wanted ? search.data : undefined, error: wanted ? search.error : null };
}
