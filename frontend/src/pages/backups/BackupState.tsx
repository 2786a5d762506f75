import Lozenge from '@atlaskit/lozenge';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Backup, isActive } from '../../api';
import { RunProgress } from '../../components/progress/RunProgress';
import { When } from '../../components/ui';
import { StopRun } from '../restores/StopRun';
import styles from './BackupsPage.module.css';

/** When a backup was complete, or what else became of it. */
export function BackupDate({ backup }: { backup: Backup }) {
  const at = backup.finishedAt ?? backup.startedAt ?? backup.createdAt;
  return (
    <div className={styles.date}>
      <When at={at} />
      <BackupLozenge backup={backup} />
      {backup.message && backup.state !== 'complete' ? <div className={styles.small}>{backup.message}</div> : null}
    </div>
  );
}

function BackupLozenge({ backup }: { backup: Backup }) {
  switch (backup.state) {
    case 'complete':
      return null;
    case 'pending':
      return (
        <Lozenge maxWidth="none">
          <FormattedMessage id="backups.state.pending" defaultMessage="In queue" />
        </Lozenge>
      );
    case 'running':
      return (
        <Lozenge appearance="inprogress" maxWidth="none">
          <FormattedMessage id="backups.state.running" defaultMessage="In progress" />
        </Lozenge>
      );
    case 'partial':
      return (
        <Lozenge appearance="moved" maxWidth="none">
          <FormattedMessage id="backups.state.partial" defaultMessage="{n, plural, =0 {Not everything was read} one {# item could not be read} other {# items could not be read}}" values={{ n: backup.failed }} />
        </Lozenge>
      );
    case 'terminated':
      return (
        <Lozenge appearance="moved" maxWidth="none">
          <FormattedMessage id="backups.state.terminated" defaultMessage="Terminated" />
        </Lozenge>
      );
    case 'deleting':
      return (
        <Lozenge appearance="moved" maxWidth="none">
          <FormattedMessage id="backups.state.deleting" defaultMessage="Deleting" />
        </Lozenge>
      );
    default:
      return (
        <Lozenge appearance="removed" maxWidth="none">
          <FormattedMessage id="backups.state.failed" defaultMessage="Failed" />
        </Lozenge>
      );
  }
}

/** The progress of a backup that is being made, with its STOP button. */
export function BackupRun({ backup }: { backup: Backup }) {
  const intl = useIntl();
  const { run } = backup;
  if (!run || run.kind !== 'backup' || !isActive(run)) return null;
  return (
    <div className={styles.run}>
      <div className={styles.bar}>
        <RunProgress run={run} label={intl.formatMessage({ id: 'backups.run', defaultMessage: 'Backup {number}' }, { number: backup.number })} />
      </div>
      <StopRun
        run={run}
        title={intl.formatMessage({ id: 'backups.stop.title', defaultMessage: 'Stop this backup?' })}
        label={intl.formatMessage({ id: 'backups.stop.label', defaultMessage: 'STOP backup {number}' }, { number: backup.number })}
      >
        <p>
          <FormattedMessage
            id="backups.stop.text"
            defaultMessage="{restorable, select, true {The objects are complete and stay restorable; what follows them in the background is left out.} other {The backup stays unfinished and cannot be restored. Earlier backups are not touched.}}"
            values={{ restorable: String(backup.restorable) }}
          />
        </p>
      </StopRun>
    </div>
  );
}
