import { FormattedMessage, useIntl } from 'react-intl';
import { isActive, type Schema, useStopRun } from '../../api';
import { Confirm } from '../../components/ui';
import { useHost } from '../../lib/HostContext';

interface StopDialogProps {
  /** The schema whose backup is asked about; without one nothing is asked. */
  schema: Schema | undefined;
  onClose: () => void;
}

/** Asks whether to stop a backup or to let it go on. It goes away by itself when the backup ends meanwhile. */
export function StopDialog({ schema, onClose }: StopDialogProps) {
  // What became of one question is not said of the next.
  return <Dialog key={schema?.run?.id ?? ''} schema={schema} onClose={onClose} />;
}

function Dialog({ schema, onClose }: StopDialogProps) {
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
        <FormattedMessage id="stop.text" defaultMessage="It stops within seconds and is listed as terminated. Unless all its objects were read already, it cannot be restored. Earlier backups stay as they are." />
      </p>
    </Confirm>
  );
}
