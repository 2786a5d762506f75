import { useCallback, useEffect, useState } from 'react';

/** The way through a list that is read page by page with opaque cursors; going back uses the cursors met before. */
export interface Pages {
  /** The cursor to ask with; undefined for the first page. */
  cursor: string | undefined;
  /** How many pages lie before this one. */
  index: number;
  next: (cursor: string) => void;
  previous: () => void;
}

/** Keeps the cursors of a list. Another `scope` (a filter, say) begins at the first page again. */
export function usePages(scope: string): Pages {
  const [trail, setTrail] = useState<{ scope: string; cursors: readonly string[] }>({ scope, cursors: [] });
  const cursors = trail.scope === scope ? trail.cursors : [];
  const next = useCallback(
    (cursor: string) => setTrail((old) => ({ scope, cursors: [...(old.scope === scope ? old.cursors : []), cursor] })),
    [scope],
  );
  const previous = useCallback(() => setTrail((old) => ({ scope, cursors: old.scope === scope ? old.cursors.slice(0, -1) : [] })), [scope]);
  return { cursor: cursors.at(-1), index: cursors.length, next, previous };
}

/** Goes back a page where the rows of this one are gone, as when the last of them was deleted. Says whether it does. */
export function useWayBack(pages: Pages, rows: number | undefined): boolean {
  const { index, previous } = pages;
  const gone = rows === 0 && index > 0;
  useEffect(() => {
    if (gone) previous();
  }, [gone, previous]);
  return gone;
}
