import Button from '@atlaskit/button/new';
import Lozenge from '@atlaskit/lozenge';
import { useState } from 'react';
import { FormattedMessage, type IntlShape, useIntl } from 'react-intl';
import { type Session, useConnection, useSession } from '../../api';
import { DeleteConnection } from '../../components/connection/DeleteConnection';
import { Card, Facts, Loading, Page, Problem, Section, When } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { CredentialsForm } from '../setup/CredentialsForm';
import { StorageCard } from '../setup/StorageStep';
import styles from './Settings.module.css';

/** Everything that was chosen during the set-up, to be changed; the licence; and the end of the connection. */
export function SettingsPage() {
  const intl = useIntl();
  const host = useHost();
  const session = useSession().data;
  const connection = useConnection();
  const [deleting, setDeleting] = useState(false);

  if (connection.isPending || !session) return <Loading />;
  return (
    <Page title={intl.formatMessage({ id: 'settings.title', defaultMessage: 'Edit configuration' })}>
      <div className={styles.narrow}>
        {connection.error && !connection.data ? <Problem error={connection.error} onRetry={() => void connection.refetch()} busy={connection.isFetching} /> : null}
        {connection.data ? (
          <>
            <Section title={intl.formatMessage({ id: 'settings.credentials', defaultMessage: 'Credentials' })}>
              <CredentialsForm
                key={`${connection.data.email} ${connection.data.workspaceId} ${connection.data.tokenHint}`}
                connection={connection.data}
                siteUrl={session.tenant.displayUrl || session.tenant.siteUrl}
                submit={intl.formatMessage({ id: 'settings.save', defaultMessage: 'Save' })}
                onSaved={(saved) =>
                  host.flag({
                    kind: 'success',
                    title: intl.formatMessage({ id: 'settings.saved', defaultMessage: 'Configuration saved' }),
                    body: intl.formatMessage({ id: 'settings.savedAs', defaultMessage: 'Stowage now works as {name}.' }, { name: saved.accountName }),
                  })
                }
              />
            </Section>
            <Section title={intl.formatMessage({ id: 'settings.storage', defaultMessage: 'Backup storage' })}>
              <StorageCard storage={connection.data.storage ?? session.storage} />
            </Section>
          </>
        ) : null}
        <Section title={intl.formatMessage({ id: 'settings.about', defaultMessage: 'Licence and version' })}>
          <Facts
            facts={[
              { name: intl.formatMessage({ id: 'settings.licence', defaultMessage: 'Licence' }), value: <LicenceState licence={session.licence} /> },
              {
                name: intl.formatMessage({ id: 'settings.licence.since', defaultMessage: 'Since' }),
                value: session.licence.changedAt ? <When at={session.licence.changedAt} /> : undefined,
              },
              { name: intl.formatMessage({ id: 'settings.version', defaultMessage: 'Version' }), value: session.version },
            ]}
          />
        </Section>
        {connection.data ? (
          <Section title={intl.formatMessage({ id: 'settings.delete', defaultMessage: 'Delete connection' })}>
            <Card>
              <p>
                <FormattedMessage id="settings.delete.text" defaultMessage="Ends the connection to Assets on this site. The synced schemas disappear and the setup begins again; backups are kept." />
              </p>
              <div>
                <Button appearance="danger" onClick={() => setDeleting(true)}>
                  <FormattedMessage id="settings.delete.button" defaultMessage="Delete connection" />
                </Button>
              </div>
            </Card>
          </Section>
        ) : null}
      </div>
      <DeleteConnection open={deleting} onClose={() => setDeleting(false)} />
    </Page>
  );
}

function LicenceState({ licence }: { licence: Session['licence'] }) {
  const intl = useIntl();
  return <Lozenge appearance={licence.canRun ? 'success' : 'removed'}>{licenceName(intl, licence.state)}</Lozenge>;
}

function licenceName(intl: IntlShape, state: Session['licence']['state']): string {
  switch (state) {
    case 'active':
      return intl.formatMessage({ id: 'licence.active', defaultMessage: 'Active' });
    case 'evaluation':
      return intl.formatMessage({ id: 'licence.evaluation', defaultMessage: 'Trial' });
    case 'expired':
      return intl.formatMessage({ id: 'licence.expired', defaultMessage: 'Expired' });
    case 'none':
      return intl.formatMessage({ id: 'licence.none', defaultMessage: 'None' });
    case 'unknown':
      return intl.formatMessage({ id: 'licence.unknown', defaultMessage: 'Not known yet' });
  }
}
