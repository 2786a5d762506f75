import { FormattedMessage, useIntl } from 'react-intl';
import { isActive, type Schema, useStopRun } from '../../api';
import { Confirm } from '../../components/ui';
import { useHost } from '../../lib/HostContext';

/** Asks whether to stop a backup or to let it go on. It goes away by itself when the backup ends meanwhile. */
export function StopDialog({ schema, onClose }: { schema: Schema | undefined; onClose: () => void }) {
  const intl = useIntl();
  const host = useHost();
  const stop = useStopRun();
  const run = isActive(schema?.run) ? schema?.run : undefined;

  function confirm() {
    if (!run) return;
    stop.mutate(run.id, {
      onSuccess: () => {
        host.flag({ kind: 'info', title: intl.formatMessage({ id: 'stop.asked', defaultMessage: 'The backup is being stopped' }), body: schema?.name });
        onClose();
      },
    });
  }

  return (
    <Confirm
      open={run !== undefined}
      title={intl.formatMessage({ id: 'stop.title', defaultMessage: 'Stop the backup of {name}?' }, { name: schema?.name ?? '' })}
      confirm={intl.formatMessage({ id: 'stop.confirm', defaultMessage: 'Stop' })}
      cancel={intl.formatMessage({ id: 'stop.cancel', defaultMessage: 'Keep it running' })}
      danger
      busy={stop.isPending}
      error={stop.error}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <p>
        <FormattedMessage id="stop.text" defaultMessage="It stops within seconds. The unfinished backup cannot be restored and is listed as terminated; earlier backups stay as they are." />
      </p>
    </Confirm>
  );
}
