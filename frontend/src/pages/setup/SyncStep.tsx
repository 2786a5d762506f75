import type { ReactNode } from 'react';
import { FormattedMessage } from 'react-intl';
import type { Connection } from '../../api';
import { ConnectionFacts } from '../../components/connection/ConnectionFacts';
import { SyncButton, SyncProgress } from '../../components/connection/Sync';
import { useSyncState } from '../../components/connection/useSyncState';
import { Card } from '../../components/ui';
import styles from './Setup.module.css';

/** The first sync: the connection as it stands, and the button that fetches the schemas. */
export function SyncStep({ connection, canRun, back }: { connection: Connection | null; canRun: boolean; back: ReactNode }) {
  const sync = useSyncState();
  return (
    <div className={styles.form}>
      <Card>{connection ? <ConnectionFacts connection={connection} /> : null}</Card>
      <p>
        <FormattedMessage id="setup.sync.text" defaultMessage="Stowage now reads which schemas there are. It may take up to a few minutes, depending on the quantity of data in Assets." />
      </p>
      <SyncProgress sync={sync} />
      <div className={styles.buttons}>
        <SyncButton sync={sync} canRun={canRun} primary />
        {sync.running ? null : back}
      </div>
    </div>
  );
}
