import { useCallback, useEffect, useState } from 'react';

import { type Draft, keepDraft, readDraft } from './draft';

function tabStorage(): Storage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined; // frames of another site may be refused
  }
}

/** The draft of one backup. It outlives a refresh of the page, and ends with `clear`. */
export function useDraft(backupId: string): { draft: Draft; change: (change: Partial<Draft>) => void; clear: () => void } {
  const [kept, setKept] = useState(() => ({ backupId, draft: readDraft(backupId, tabStorage()) }));
  if (kept.backupId !== backupId) setKept({ backupId, draft: readDraft(backupId, tabStorage()) });

  useEffect(() => keepDraft(kept.backupId, kept.draft, tabStorage()), [kept]);
  const change = useCallback((part: Partial<Draft>) => setKept((old) => ({ ...old, draft: { ...old.draft, ...part } })), []);
  const clear = useCallback(() => keepDraft(backupId, null, tabStorage()), [backupId]);
  return { draft: kept.draft, change, clear };
}
