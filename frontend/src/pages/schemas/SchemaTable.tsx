import Button, { IconButton, LinkButton } from '@atlaskit/button/new';
import DropdownMenu, { DropdownItem, DropdownItemGroup } from '@atlaskit/dropdown-menu';
import ShowMoreHorizontalIcon from '@atlaskit/icon/core/show-more-horizontal';
import StatusWarningIcon from '@atlaskit/icon/core/status-warning';
import Lozenge from '@atlaskit/lozenge';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { FormattedMessage, type IntlShape, useIntl } from 'react-intl';
import { isActive, type Schema } from '../../api';
import { type Column, DataTable, ExternalLink, When } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { BackupDialog } from './BackupDialog';
import { BackupState } from './BackupState';
import { ConfigureDialog } from './ConfigureDialog';
import styles from './Schemas.module.css';
import { StopDialog } from './StopDialog';
import { locationName, statusName, statusReason } from './words';

const APPEARANCE = { Active: 'success', Inactive: 'default', Deleted: 'removed', 'Sync Error': 'moved' } as const;

type Asked = { what: 'backup' | 'stop' | 'configure'; id: string };

/** The grid of schemas, with the dialogs that its actions open. */
export function SchemaTable({ schemas, canRun, stale }: { schemas: readonly Schema[]; canRun: boolean; stale: boolean }) {
  const intl = useIntl();
  const [asked, setAsked] = useState<Asked>();
  // The row is looked up anew at every answer of the service, so that an open dialog shows the present state.
  const subject = (what: Asked['what']) => (asked?.what === what ? schemas.find((schema) => schema.id === asked.id) : undefined);
  const close = () => setAsked(undefined);

  return (
    <>
      <DataTable
        label={intl.formatMessage({ id: 'schemas.table', defaultMessage: 'Synced schemas' })}
        columns={columnsOf(intl, canRun, setAsked)}
        rows={schemas}
        rowId={(schema) => schema.id}
        stale={stale}
      />
      <BackupDialog schema={subject('backup')} onClose={close} />
      <StopDialog schema={subject('stop')} onClose={close} />
      <ConfigureDialog schema={subject('configure')} onClose={close} />
    </>
  );
}

function columnsOf(intl: IntlShape, canRun: boolean, ask: (asked: Asked) => void): Column<Schema>[] {
  return [
    {
      id: 'name',
      names: true,
      title: intl.formatMessage({ id: 'schemas.column.name', defaultMessage: 'Schema Name' }),
      cell: (schema) => (
        <>
          <Link to="/schemas/$schemaId/backups" params={{ schemaId: schema.id }}>
            {schema.name}
          </Link>
          <div className={styles.note}>
            <FormattedMessage id="schemas.objects" defaultMessage="{key} · {n, plural, =0 {no objects} one {# object} other {# objects}}" values={{ key: schema.key, n: schema.objects }} />
          </div>
        </>
      ),
    },
    {
      id: 'instance',
      title: intl.formatMessage({ id: 'schemas.column.instance', defaultMessage: 'Instance' }),
      cell: (schema) => (
        <span className={styles.instance}>
          <ExternalLink href={schema.instance.url}>{schema.instance.url.replace(/^https?:\/\//, '')}</ExternalLink>
        </span>
      ),
    },
    { id: 'location', title: intl.formatMessage({ id: 'schemas.column.location', defaultMessage: 'Location' }), cell: (schema) => locationName(intl, schema.location) },
    {
      id: 'status',
      title: intl.formatMessage({ id: 'schemas.column.status', defaultMessage: 'Status' }),
      cell: (schema) => (
        <div className={schema.status === 'Active' ? undefined : styles.status}>
          <Lozenge appearance={APPEARANCE[schema.status]}>{statusName(intl, schema.status)}</Lozenge>
          {schema.status === 'Active' ? null : <div className={styles.note}>{statusReason(intl, schema)}</div>}
        </div>
      ),
    },
    { id: 'last', title: intl.formatMessage({ id: 'schemas.column.last', defaultMessage: 'Last backup date' }), cell: (schema) => <LastBackup schema={schema} /> },
    { id: 'backups', title: intl.formatMessage({ id: 'schemas.column.backups', defaultMessage: 'Backups' }), cell: (schema) => <BackupState schema={schema} /> },
    {
      id: 'actions',
      actions: true,
      narrow: true,
      title: intl.formatMessage({ id: 'schemas.column.actions', defaultMessage: 'Actions' }),
      cell: (schema) => <Actions schema={schema} canRun={canRun} ask={ask} />,
    },
  ];
}

function LastBackup({ schema }: { schema: Schema }) {
  return (
    <>
      {schema.lastBackup ? (
        <When at={schema.lastBackup.at} />
      ) : (
        <span className={styles.subtle}>
          <FormattedMessage id="schemas.never" defaultMessage="Never" />
        </span>
      )}
      {schema.lastError ? (
        <div className={styles.failure}>
          <StatusWarningIcon label="" size="small" color="var(--ds-icon-danger)" />
          <span>
            <FormattedMessage
              id="schemas.lastError"
              defaultMessage="Failed on {when}: {message}"
              values={{ when: <When at={schema.lastError.at} />, message: schema.lastError.message }}
            />
          </span>
        </div>
      ) : null}
    </>
  );
}

function Actions({ schema, canRun, ask }: { schema: Schema; canRun: boolean; ask: (asked: Asked) => void }) {
  const intl = useIntl();
  const host = useHost();
  const running = isActive(schema.run);
  const open = (what: Asked['what']) => ask({ what, id: schema.id });
  return (
    <div className={styles.actions}>
      {running ? (
        <Button spacing="compact" onClick={() => open('stop')} isDisabled={!schema.run?.canStop}>
          <FormattedMessage id="schemas.stop" defaultMessage="Stop" />
        </Button>
      ) : (
        <Button spacing="compact" onClick={() => open('backup')} isDisabled={!canRun || schema.status !== 'Active'}>
          <FormattedMessage id="schemas.backupNow" defaultMessage="Backup now" />
        </Button>
      )}
      <LinkButton spacing="compact" href={`/schemas/${encodeURIComponent(schema.id)}/backups`}>
        <FormattedMessage id="schemas.restore" defaultMessage="Restore" />
      </LinkButton>
      <DropdownMenu<HTMLButtonElement>
        shouldRenderToParent
        placement="bottom-end"
        trigger={({ triggerRef, ...props }) => (
          <IconButton
            {...props}
            ref={triggerRef}
            spacing="compact"
            appearance="subtle"
            icon={ShowMoreHorizontalIcon}
            label={intl.formatMessage({ id: 'schemas.more', defaultMessage: 'More actions for {name}' }, { name: schema.name })}
          />
        )}
      >
        <DropdownItemGroup>
          <DropdownItem onClick={() => open('configure')}>
            <FormattedMessage id="schemas.configure" defaultMessage="Configure" />
          </DropdownItem>
          {schema.status === 'Active' ? (
            <DropdownItem onClick={() => host.navigateToAssets(schema.assetsUrl)}>
              <FormattedMessage id="schemas.openAssets" defaultMessage="Open in Assets" />
            </DropdownItem>
          ) : null}
        </DropdownItemGroup>
      </DropdownMenu>
    </div>
  );
}
