import Button from '@atlaskit/button/new';
import { useState } from 'react';
import { FormattedMessage } from 'react-intl';
import { isActive, type Schema, useSession } from '../../api';
import { BackupDialog } from './BackupDialog';
import styles from './Schemas.module.css';

/** The button that backs up one schema, with its question. Why a schema is not active stands at the head of its page. */
export function BackupNow({ schema }: { schema: Schema }) {
  const session = useSession();
  const [asked, setAsked] = useState(false);
  const busy = isActive(schema.run);
  return (
    <div className={styles.buttons}>
      {busy ? (
        <span className={styles.note}>
          <FormattedMessage id="backup.underway" defaultMessage="A backup is under way." />
        </span>
      ) : null}
      <Button appearance="primary" onClick={() => setAsked(true)} isDisabled={busy || schema.status !== 'Active' || session.data?.licence.canRun !== true}>
        <FormattedMessage id="schemas.backupNow" defaultMessage="Backup now" />
      </Button>
      <BackupDialog schema={asked ? schema : undefined} onClose={() => setAsked(false)} />
    </div>
  );
}
