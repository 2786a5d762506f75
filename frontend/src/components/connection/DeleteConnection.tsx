import { FormattedMessage, useIntl } from 'react-intl';
import { useDeleteConnection } from '../../api';
import { useHost } from '../../lib/HostContext';
import { Confirm } from '../ui';

/** Asks before the connection is deleted. Once it is, the initial set-up begins again. */
export function DeleteConnection({ open, onClose }: { open: boolean; onClose: () => void }) {
  const intl = useIntl();
  const host = useHost();
  const remove = useDeleteConnection();

  function confirm() {
    remove.mutate(undefined, {
      onSuccess: () => {
        host.flag({ kind: 'success', title: intl.formatMessage({ id: 'connection.deleted', defaultMessage: 'Connection deleted' }) });
        onClose();
      },
    });
  }

  return (
    <Confirm
      open={open}
      danger
      title={intl.formatMessage({ id: 'connection.delete.title', defaultMessage: 'Delete the current connection?' })}
      confirm={intl.formatMessage({ id: 'connection.delete.confirm', defaultMessage: 'Delete' })}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={confirm}
      onCancel={() => {
        remove.reset();
        onClose();
      }}
    >
      <p>
        <FormattedMessage
          id="connection.delete.text"
          defaultMessage="The synced schemas disappear, nothing is backed up any more, and the initial setup has to be done again to go on. Backups are kept: they are there again once this site is connected anew."
        />
      </p>
    </Confirm>
  );
}
