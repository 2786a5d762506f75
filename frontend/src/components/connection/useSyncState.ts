import { useEffect, useRef } from 'react';
import { useIntl } from 'react-intl';
import { isActive, useSync } from '../../api';
import { useHost } from '../../lib/HostContext';

/** The sync as pages show it. When one ends that was seen running, a flag says so. */
export function useSyncState() {
  const intl = useIntl();
  const host = useHost();
  const sync = useSync();
  const watched = useRef<string>();

  useEffect(() => {
    const run = sync.run;
    if (!run) return;
    if (isActive(run)) {
      watched.current = run.id;
    } else if (watched.current === run.id) {
      watched.current = undefined;
      if (run.state === 'succeeded' || run.state === 'partial') {
        host.flag({ kind: 'success', title: intl.formatMessage({ id: 'sync.done', defaultMessage: 'Schemas synced' }), body: run.message });
      }
    }
  }, [host, intl, sync.run]);

  return sync;
}

export type SyncState = ReturnType<typeof useSyncState>;
