import { IconButton } from '@atlaskit/button/new';
import DropdownMenu, { DropdownItem, DropdownItemGroup } from '@atlaskit/dropdown-menu';
import ShowMoreHorizontalIcon from '@atlaskit/icon/core/show-more-horizontal';
import SectionMessage from '@atlaskit/section-message';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { useConnection, useSession } from '../../api';
import { ConnectionFacts } from '../../components/connection/ConnectionFacts';
import { DeleteConnection } from '../../components/connection/DeleteConnection';
import { SyncButton, SyncProgress } from '../../components/connection/Sync';
import { useSyncState } from '../../components/connection/useSyncState';
import { Card, Loading, Problem, Section } from '../../components/ui';

/** The box of the current connection with all that can be done to it. */
export function CurrentConnection() {
  const intl = useIntl();
  const navigate = useNavigate();
  const connection = useConnection();
  const session = useSession();
  const sync = useSyncState();
  const [deleting, setDeleting] = useState(false);

  const actions = (
    <>
      <SyncButton sync={sync} canRun={session.data?.licence.canRun ?? false} />
      <DropdownMenu<HTMLButtonElement>
        shouldRenderToParent
        placement="bottom-end"
        trigger={({ triggerRef, ...props }) => (
          <IconButton {...props} ref={triggerRef} icon={ShowMoreHorizontalIcon} label={intl.formatMessage({ id: 'connection.more', defaultMessage: 'More actions for the connection' })} />
        )}
      >
        <DropdownItemGroup>
          <DropdownItem onClick={() => void navigate({ to: '/targets', search: { add: true } })}>
            <FormattedMessage id="connection.addTarget" defaultMessage="Add new target instance" />
          </DropdownItem>
          <DropdownItem onClick={() => void navigate({ to: '/targets' })}>
            <FormattedMessage id="connection.targets" defaultMessage="List of target instances" />
          </DropdownItem>
          <DropdownItem onClick={() => void navigate({ to: '/settings' })}>
            <FormattedMessage id="connection.edit" defaultMessage="Edit configuration" />
          </DropdownItem>
          <DropdownItem onClick={() => setDeleting(true)}>
            <FormattedMessage id="connection.delete" defaultMessage="Delete" />
          </DropdownItem>
        </DropdownItemGroup>
      </DropdownMenu>
    </>
  );

  return (
    <Section title={intl.formatMessage({ id: 'connection.title', defaultMessage: 'Current Connection' })} actions={connection.data ? actions : null}>
      {connection.isPending ? (
        <Loading />
      ) : connection.error && !connection.data ? (
        <Problem error={connection.error} onRetry={() => void connection.refetch()} busy={connection.isFetching} />
      ) : connection.data ? (
        <Card>
          {connection.data.checkError ? (
            <SectionMessage appearance="warning" title={intl.formatMessage({ id: 'connection.broken', defaultMessage: 'The credentials do not work any more' })}>
              <p>{connection.data.checkError}</p>
              <p>
                <Link to="/settings">
                  <FormattedMessage id="connection.edit" defaultMessage="Edit configuration" />
                </Link>
              </p>
            </SectionMessage>
          ) : null}
          <ConnectionFacts connection={connection.data} />
          <SyncProgress sync={sync} />
        </Card>
      ) : null}
      <DeleteConnection open={deleting} onClose={() => setDeleting(false)} />
    </Section>
  );
}
