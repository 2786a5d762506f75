import Lozenge from '@atlaskit/lozenge';
import ProgressBar from '@atlaskit/progress-bar';
import { FormattedMessage, useIntl } from 'react-intl';
import { isActive, type Run, type Schema } from '../../api';
import { fraction, spanLeft } from '../../components/progress/format';
import { overall } from '../../components/progress/overall';
import { sayLeft, sayRate } from '../../components/progress/RunProgress';
import { When } from '../../components/ui';
import styles from './Schemas.module.css';

/** How the backups of a schema stand: scheduled or not, waiting, or under way with how far it has come. */
export function BackupState({ schema }: { schema: Schema }) {
  if (schema.run && isActive(schema.run)) return <Underway run={schema.run} name={schema.name} />;
  switch (schema.backups.state) {
    case 'Auto':
      return (
        <>
          <Lozenge appearance="success">
            <FormattedMessage id="schemas.backups.auto" defaultMessage="Auto" />
          </Lozenge>
          {schema.backups.nextAt ? (
            <div className={styles.note}>
              <FormattedMessage id="schemas.backups.next" defaultMessage="Next: {when}" values={{ when: <When at={schema.backups.nextAt} /> }} />
            </div>
          ) : null}
        </>
      );
    case 'Pending':
      return (
        <Lozenge>
          <FormattedMessage id="schemas.backups.pending" defaultMessage="Pending" />
        </Lozenge>
      );
    case 'In Progress':
      return (
        <Lozenge appearance="inprogress">
          <FormattedMessage id="schemas.backups.running" defaultMessage="In Progress" />
        </Lozenge>
      );
    case 'Disabled':
      return (
        <Lozenge>
          <FormattedMessage id="schemas.backups.disabled" defaultMessage="Disabled" />
        </Lozenge>
      );
  }
}

function Underway({ run, name }: { run: Run; name: string }) {
  const intl = useIntl();
  if (run.state === 'queued')
    return (
      <>
        <Lozenge>
          <FormattedMessage id="schemas.run.queued" defaultMessage="IN QUEUE" />
        </Lozenge>
        <div className={styles.note}>
          {run.queuedBehind ? (
            <FormattedMessage id="schemas.run.behind" defaultMessage="Waits for another run on the same schema" />
          ) : run.queuePosition ? (
            <FormattedMessage id="schemas.run.position" defaultMessage="Number {n, number} in the queue" values={{ n: run.queuePosition }} />
          ) : null}
        </div>
      </>
    );

  const stages = overall(run);
  const { done, total } = stages.total > 0 ? stages : run.progress;
  const part = fraction(done, total);
  const percent = part === null ? null : intl.formatNumber(part, { style: 'percent', maximumFractionDigits: 0 });
  const rate = run.state === 'running' ? sayRate(intl, run.progress.rate) : null;
  const left = run.state === 'running' && run.progress.secondsLeft ? sayLeft(intl, spanLeft(run.progress.secondsLeft)) : null;
  return (
    <div className={styles.underway}>
      <div className={styles.buttons}>
        <Lozenge appearance={run.state === 'running' ? 'inprogress' : 'moved'}>
          {run.state === 'stopping' ? (
            <FormattedMessage id="schemas.run.stopping" defaultMessage="STOPPING" />
          ) : run.state === 'stopped' ? (
            <FormattedMessage id="schemas.run.interrupted" defaultMessage="INTERRUPTED" />
          ) : (
            <FormattedMessage id="schemas.run.running" defaultMessage="IN PROGRESS" />
          )}
        </Lozenge>
        <span className={styles.percent}>{percent}</span>
      </div>
      <ProgressBar ariaLabel={intl.formatMessage({ id: 'schemas.run.bar', defaultMessage: 'Backup of {name}' }, { name })} value={part ?? 0} isIndeterminate={part === null} />
      <div className={styles.note}>
        {run.state === 'stopped' ? (
          <FormattedMessage id="schemas.run.goesOn" defaultMessage="Goes on by itself in a moment" />
        ) : (
          [total > 0 ? intl.formatMessage({ id: 'schemas.run.counts', defaultMessage: '{done, number} of {total, number}' }, { done, total }) : null, rate, left].filter(Boolean).join(' · ')
        )}
      </div>
    </div>
  );
}
