import SectionMessage from '@atlaskit/section-message';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import type { Restore } from '../../api';
import { ExternalLink } from '../../components/ui';
import { Proof } from './ResultMessage';
import styles from './RestorePage.module.css';

/** What came of it, and what to do next. */
export function Result({ restore }: { restore: Restore }) {
  const intl = useIntl();
  const { state, message, counts, run } = restore;
  switch (state) {
    case 'completed':
      return (
        <SectionMessage appearance="success" title={intl.formatMessage({ id: 'restores.result.success', defaultMessage: 'Operation success' })}>
          <p>
            <FormattedMessage
              id="restores.result.completed"
              defaultMessage="{n, plural, one {# object was} other {# objects were}} created in {schema}. <proof></proof>."
              values={{ n: counts.created, schema: restore.target.schemaName, proof: () => <Proof key="proof" restore={restore} /> }}
            />
          </p>
          {run && run.progress.warned > 0 ? (
            <p>
              <ShowInLog only="warned">
                <FormattedMessage id="restores.result.warnings" defaultMessage="{n, plural, one {Show the warning} other {Show the # warnings}}" values={{ n: run.progress.warned }} />
              </ShowInLog>
            </p>
          ) : null}
          <OpenSchema restore={restore} />
        </SectionMessage>
      );
    case 'completedWithErrors':
      return (
        <SectionMessage appearance="warning" title={intl.formatMessage({ id: 'restores.result.partial', defaultMessage: 'Restored, but not everything' })}>
          <p>
            <FormattedMessage
              id="restores.result.partial.counts"
              defaultMessage="{created, number} of {planned, plural, one {# object was} other {# objects were}} created in {schema}{failed, plural, =0 {} one {, # could not be created} other {, # could not be created}}. <proof></proof>."
              values={{ ...counts, schema: restore.target.schemaName, proof: () => <Proof key="proof" restore={restore} /> }}
            />
          </p>
          {counts.failed > 0 ? (
            <p>
              <ShowInLog only="failed">
                <FormattedMessage id="restores.result.partial.failed" defaultMessage="Show which objects failed, and why" />
              </ShowInLog>
            </p>
          ) : null}
          {restore.differences > 0 ? (
            <p>
              <ShowInLog only="warned">
                <FormattedMessage id="restores.result.partial.warned" defaultMessage="Show what differs" />
              </ShowInLog>
            </p>
          ) : null}
          <OpenSchema restore={restore} />
        </SectionMessage>
      );
    case 'terminated':
      return (
        <SectionMessage appearance="warning" title={intl.formatMessage({ id: 'restores.result.terminated', defaultMessage: 'The restore was stopped' })}>
          <p>
            <FormattedMessage
              id="restores.result.terminated.next"
              defaultMessage="{created, plural, =0 {No object was created.} one {# of {planned, number} objects was created and stays.} other {# of {planned, number} objects were created and stay.}} Resume it to go on where it stopped{made, select, true {, or delete {schema} in Assets} other {}}."
              values={{ created: counts.created, planned: counts.planned, schema: restore.target.schemaName, made: String(!!restore.target.schemaId) }}
            />
          </p>
          <OpenSchema restore={restore} />
        </SectionMessage>
      );
    case 'error':
      return (
        <SectionMessage appearance="error" title={intl.formatMessage({ id: 'restores.result.error', defaultMessage: 'The restore did not complete' })}>
          <p>{message || <FormattedMessage id="restores.result.error.unknown" defaultMessage="The process was interrupted due to API or connectivity issues." />}</p>
          {run?.canResume ? (
            <p>
              <FormattedMessage id="restores.result.error.resume" defaultMessage="When the reason is gone, resume the restore: it goes on where it ended, and nothing is created twice." />
            </p>
          ) : (
            <p>
              <Link to="/restore/$backupId" params={{ backupId: restore.backupId }}>
                <FormattedMessage id="restores.result.error.again" defaultMessage="Start again from the backup" />
              </Link>
            </p>
          )}
          <OpenSchema restore={restore} />
        </SectionMessage>
      );
    default: {
      // A run that waits for its site, say, tells the reason itself.
      const note = run?.message || message;
      return note ? <p className={styles.note}>{note}</p> : null;
    }
  }
}

/** The way to the schema in Assets, complete or not. */
function OpenSchema({ restore: { target } }: { restore: Restore }) {
  if (!target.url) return null;
  return (
    <p>
      <ExternalLink href={target.url} assets>
        <FormattedMessage id="restores.open" defaultMessage="Open {schema} in Assets" values={{ schema: target.schemaName }} />
      </ExternalLink>
    </p>
  );
}

/** The way to the lines of the log that matter. */
function ShowInLog({ only, children }: { only: 'failed' | 'warned'; children: ReactNode }) {
  return (
    <Link from="/restores/$restoreId" to="." search={{ log: true, only }} replace resetScroll={false}>
      {children}
    </Link>
  );
}
