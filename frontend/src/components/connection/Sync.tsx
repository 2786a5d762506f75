import Button from '@atlaskit/button/new';
import RefreshIcon from '@atlaskit/icon/core/refresh';
import ProgressBar from '@atlaskit/progress-bar';
import SectionMessage from '@atlaskit/section-message';
import { FormattedMessage, useIntl } from 'react-intl';
import { Problem } from '../ui';
import styles from './Sync.module.css';
import type { SyncState } from './useSyncState';

export function SyncButton({ sync, canRun, primary = false }: { sync: SyncState; canRun: boolean; primary?: boolean }) {
  return (
    <Button appearance={primary ? 'primary' : 'default'} iconBefore={RefreshIcon} onClick={() => sync.start.mutate()} isLoading={sync.running} isDisabled={!canRun}>
      <FormattedMessage id="sync.button" defaultMessage="Sync schemas" />
    </Button>
  );
}

/** How the sync is getting on, or why it failed. */
export function SyncProgress({ sync }: { sync: SyncState }) {
  const intl = useIntl();
  const { run, running, start } = sync;
  if (start.error) return <Problem error={start.error} onRetry={() => start.mutate()} busy={start.isPending} />;
  if (running) {
    const { done, total } = run?.progress ?? { done: 0, total: 0 };
    const label = intl.formatMessage({ id: 'sync.progress', defaultMessage: 'Syncing schemas' });
    return (
      <div className={styles.progress}>
        <ProgressBar ariaLabel={label} isIndeterminate={total === 0} value={total > 0 ? done / total : 0} />
        <span role="status">
          {total > 0 ? (
            <FormattedMessage id="sync.counts" defaultMessage="Syncing schemas: {done, number} of {total, number}" values={{ done, total }} />
          ) : run?.state === 'queued' ? (
            <FormattedMessage id="sync.queued" defaultMessage="Waiting to start…" />
          ) : (
            <FormattedMessage id="sync.running" defaultMessage="Syncing schemas…" />
          )}
        </span>
      </div>
    );
  }
  if (run?.state === 'failed' || run?.state === 'terminated') {
    return (
      <div role="alert">
        <SectionMessage appearance="error" title={intl.formatMessage({ id: 'sync.failed', defaultMessage: 'The schemas could not be synced' })}>
          <p>{run.message || intl.formatMessage({ id: 'sync.failed.text', defaultMessage: 'Try again. If it keeps failing, check the credentials in Edit configuration.' })}</p>
        </SectionMessage>
      </div>
    );
  }
  return null;
}
