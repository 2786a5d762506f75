import Button from '@atlaskit/button/new';
import DatabaseIcon from '@atlaskit/icon/core/database';
import Heading from '@atlaskit/heading';
import type { ReactNode } from 'react';
import { FormattedMessage } from 'react-intl';
import { type Session, useChooseStorage } from '../../api';
import { Card, Problem } from '../../components/ui';
import styles from './Setup.module.css';

/** Where backups are kept. This installation offers one storage, its own. */
export function StorageStep({ storage, back, onSaved }: { storage: Session['storage']; back: ReactNode; onSaved: () => void }) {
  const choose = useChooseStorage();

  function save() {
    choose.mutate(undefined, { onSuccess: onSaved });
  }

  return (
    <div className={styles.form}>
      <StorageCard storage={storage} />
      {choose.error ? <Problem error={choose.error} onRetry={save} busy={choose.isPending} /> : null}
      <div className={styles.buttons}>
        <Button appearance="primary" onClick={save} isLoading={choose.isPending}>
          <FormattedMessage id="setup.continue" defaultMessage="Save and Continue" />
        </Button>
        {back}
      </div>
    </div>
  );
}

/** The built-in storage in words: where it lies and how backups are guarded there. */
export function StorageCard({ storage }: { storage: Session['storage'] }) {
  return (
    <Card>
      <div className={styles.buttons}>
        <DatabaseIcon label="" color="var(--ds-icon-accent-blue)" />
        <Heading as="h3" size="xsmall">
          {storage.label}
        </Heading>
      </div>
      <ul className={styles.list}>
        <li>
          <FormattedMessage id="setup.storage.where" defaultMessage="Backups lie outside your Atlassian site, with the service that runs this app. They stay when a schema is deleted from Assets." />
        </li>
        <li>
          <FormattedMessage id="setup.storage.encrypted" defaultMessage="They are encrypted at rest, with a key of your site alone, and in transit." />
        </li>
        <li>
          <FormattedMessage id="setup.storage.uninstall" defaultMessage="When Stowage is uninstalled, all backups are deleted after a period of grace." />
        </li>
      </ul>
    </Card>
  );
}
