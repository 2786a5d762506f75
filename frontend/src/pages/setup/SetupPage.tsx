import { Navigate } from '@tanstack/react-router';
import Button from '@atlaskit/button/new';
import StatusSuccessIcon from '@atlaskit/icon/core/status-success';
import { useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { type Connection, type Session, useConnection, useSession } from '../../api';
import { Loading, Page, Problem, Section, Steps } from '../../components/ui';
import { CredentialsForm } from './CredentialsForm';
import styles from './Setup.module.css';
import { StorageStep } from './StorageStep';
import { SyncStep } from './SyncStep';

type Step = Session['setup']['step'];
const ORDER: readonly Step[] = ['credentials', 'storage', 'sync'];

/** The initial set-up: credentials, backup storage, first sync. A step that is done can be gone back to. */
export function SetupPage() {
  const intl = useIntl();
  const session = useSession();
  const connection = useConnection();
  const [back, setBack] = useState<Step>();
  const [said, setSaid] = useState('');

  const next = session.data?.setup.step;
  const content = useRef<HTMLDivElement>(null);
  const seen = useRef<Step>();

  // The button that led here is gone with its step, so the focus goes on to the new one.
  const now = back ?? next;
  useEffect(() => {
    if (seen.current && now && seen.current !== now) content.current?.focus({ preventScroll: true });
    seen.current = now;
  }, [now]);

  if (!session.data || !next) return <Loading />;
  if (next === 'done') return <Navigate to="/schemas" replace />;
  const step = back ?? next;
  const index = ORDER.indexOf(step);

  const titles = [
    intl.formatMessage({ id: 'setup.credentials', defaultMessage: 'Credentials' }),
    intl.formatMessage({ id: 'setup.storage', defaultMessage: 'Backup storage' }),
    intl.formatMessage({ id: 'setup.sync', defaultMessage: 'Sync Schemas' }),
  ];

  function saved(fresh: Connection) {
    setBack(undefined);
    setSaid(intl.formatMessage({ id: 'setup.credentials.saved', defaultMessage: 'Credentials saved. Stowage now works as {name}.' }, { name: fresh.accountName }));
  }

  function stored() {
    setBack(undefined);
    setSaid(intl.formatMessage({ id: 'setup.storage.saved', defaultMessage: 'Backup storage saved.' }));
  }

  function goBack() {
    setBack(ORDER[index - 1]);
    setSaid('');
  }

  const wayBack = (
    <Button appearance="subtle" onClick={goBack}>
      <FormattedMessage id="setup.back" defaultMessage="Back" />
    </Button>
  );
  return (
    <Page
      title={intl.formatMessage({ id: 'setup.title', defaultMessage: 'Initial setup' })}
      lead={<FormattedMessage id="setup.lead" defaultMessage="Three steps, and the schemas of this site can be backed up. All of it can be changed later." />}
    >
      <Steps label={intl.formatMessage({ id: 'setup.steps', defaultMessage: 'Steps of the setup' })} steps={titles} current={index} />
      <div className={styles.step} ref={content} tabIndex={-1}>
        <div role="status" className={styles.said}>
          {said ? (
            <>
              <StatusSuccessIcon label="" color="var(--ds-icon-success)" />
              {said}
            </>
          ) : null}
        </div>
        {connection.isPending && next !== 'credentials' ? (
          <Loading />
        ) : connection.error ? (
          <Problem error={connection.error} onRetry={() => void connection.refetch()} busy={connection.isFetching} />
        ) : step === 'credentials' ? (
          <Section title={intl.formatMessage({ id: 'setup.credentials.title', defaultMessage: 'Credentials - Token | Email | Workspace ID' })}>
            <CredentialsForm
              connection={connection.data ?? null}
              siteUrl={session.data.tenant.displayUrl || session.data.tenant.siteUrl}
              submit={intl.formatMessage({ id: 'setup.continue', defaultMessage: 'Save and Continue' })}
              onSaved={saved}
            />
          </Section>
        ) : step === 'storage' ? (
          <Section title={titles[1] ?? ''}>
            <StorageStep storage={session.data.storage} back={wayBack} onSaved={stored} />
          </Section>
        ) : (
          <Section title={titles[2] ?? ''}>
            <SyncStep connection={connection.data ?? null} canRun={session.data.licence.canRun} back={wayBack} />
          </Section>
        )}
      </div>
    </Page>
  );
}
