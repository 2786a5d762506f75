import InformationCircleIcon from '@atlaskit/icon/core/information-circle';
import Lozenge from '@atlaskit/lozenge';
import Tooltip from '@atlaskit/tooltip';
import { FormattedMessage, useIntl } from 'react-intl';

import type { Backup } from '../../api';
import { historyMinutes } from '../../components/progress/format';
import styles from './BackupsPage.module.css';

type Phase = Backup['phases'][number];

export function phaseOf(backup: Backup, name: string): Phase | undefined {
  return backup.phases.find((p) => p.name === name);
}

/** Whether the history of the objects can be restored: all of it was read, or all that could be. */
export function historyReady(backup: Backup): boolean {
  const state = phaseOf(backup, 'history')?.state;
  return state === 'complete' || state === 'incomplete';
}

/** How far one of the phases is that follow the objects in the background. */
export function PhaseStatus({ backup, name }: { backup: Backup; name: 'history' | 'issues' }) {
  const phase = phaseOf(backup, name);
  // What a backup had not begun when it ended is not going to be done.
  const over = backup.state === 'terminated' || backup.state === 'failed' || backup.state === 'deleting';
  if (!phase || (over && (phase.state === 'pending' || phase.state === 'running'))) return <FormattedMessage id="backups.phase.none" defaultMessage="Not backed up" />;
  switch (phase.state) {
    case 'complete':
      return (
        <Lozenge appearance="success" maxWidth="none">
          <FormattedMessage id="backups.phase.complete" defaultMessage="Complete" />
        </Lozenge>
      );
    case 'incomplete':
      return (
        <Lozenge appearance="moved" maxWidth="none">
          <FormattedMessage id="backups.phase.incomplete" defaultMessage="Incomplete{failed, plural, =0 {} other {: # failed}}" values={{ failed: phase.failed }} />
        </Lozenge>
      );
    case 'unsupported':
      return <FormattedMessage id="backups.phase.unsupported" defaultMessage="Not available" />;
    case 'running':
      return (
        <>
          <Lozenge appearance="inprogress" maxWidth="none">
            <FormattedMessage id="backups.phase.running" defaultMessage="In progress" />
          </Lozenge>
          {phase.total > 0 ? (
            <div className={styles.small}>
              <FormattedMessage id="backups.phase.count" defaultMessage="{done, number} of {total, number}" values={{ done: phase.done, total: phase.total }} />
            </div>
          ) : null}
        </>
      );
    default:
      return (
        <>
          <Lozenge maxWidth="none">
            <FormattedMessage id="backups.phase.pending" defaultMessage="Pending" />
          </Lozenge>
          {name === 'history' && backup.objects > 0 ? (
            <div className={styles.small}>
              <FormattedMessage id="backups.phase.estimate" defaultMessage="about {n, number} min after the objects" values={{ n: historyMinutes(backup.objects) }} />
            </div>
          ) : null}
        </>
      );
  }
}

/** The number of issues that were recorded with the objects selected in them, behind an info icon. */
export function IssuesInfo({ backup }: { backup: Backup }) {
  const intl = useIntl();
  const phase = phaseOf(backup, 'issues');
  if (!phase || phase.state === 'unsupported' || phase.state === 'pending') return null;
  const text = intl.formatMessage(
    {
      id: 'backups.issues',
      defaultMessage: '{n, plural, =0 {No issue has} one {# issue has} other {# issues have}} objects of this schema selected. Each issue is counted once.',
    },
    { n: phase.done },
  );
  return (
    <Tooltip content={text}>
      <span className={styles.info} role="img" tabIndex={0} aria-label={text}>
        <InformationCircleIcon label="" size="small" color="var(--ds-icon-subtle)" />
      </span>
    </Tooltip>
  );
}
