import Button from '@atlaskit/button/new';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { isActive, type Schema, useSession } from '../../api';
import { BackupDialog } from './BackupDialog';
import styles from './Schemas.module.css';
import { statusReason } from './words';

/** The button that backs up one schema, with its question; where that cannot be done, why not. */
export function BackupNow({ schema }: { schema: Schema }) {
  const intl = useIntl();
  const session = useSession();
  const [asked, setAsked] = useState(false);
  const reason = isActive(schema.run) ? intl.formatMessage({ id: 'backup.underway', defaultMessage: 'A backup is under way.' }) : statusReason(intl, schema);
  return (
    <div className={styles.buttons}>
      {reason ? <span className={styles.note}>{reason}</span> : null}
      <Button appearance="primary" onClick={() => setAsked(true)} isDisabled={reason !== null || session.data?.licence.canRun !== true}>
        <FormattedMessage id="schemas.backupNow" defaultMessage="Backup now" />
      </Button>
      <BackupDialog schema={asked ? schema : undefined} onClose={() => setAsked(false)} />
    </div>
  );
}
