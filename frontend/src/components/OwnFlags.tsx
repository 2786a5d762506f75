import { AutoDismissFlag, default as AkFlag, FlagGroup } from '@atlaskit/flag';
import StatusErrorIcon from '@atlaskit/icon/core/status-error';
import StatusInformationIcon from '@atlaskit/icon/core/status-information';
import StatusSuccessIcon from '@atlaskit/icon/core/status-success';
import StatusWarningIcon from '@atlaskit/icon/core/status-warning';
import { useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import { type Flag, onOwnFlag } from '../lib/host/flags';

function FlagIcon({ kind }: { kind: Flag['kind'] }) {
  const { formatMessage } = useIntl();
  switch (kind) {
    case 'success':
      return <StatusSuccessIcon label={formatMessage({ id: 'flag.success', defaultMessage: 'Success' })} color="var(--ds-icon-success)" />;
    case 'info':
      return <StatusInformationIcon label={formatMessage({ id: 'flag.info', defaultMessage: 'Information' })} color="var(--ds-icon-information)" />;
    case 'warning':
      return <StatusWarningIcon label={formatMessage({ id: 'flag.warning', defaultMessage: 'Warning' })} color="var(--ds-icon-warning)" />;
    case 'error':
      return <StatusErrorIcon label={formatMessage({ id: 'flag.error', defaultMessage: 'Error' })} color="var(--ds-icon-danger)" />;
  }
}

/** The flags of hosts that show none of their own. Errors stay until they are dismissed. */
export function OwnFlags() {
  const [flags, setFlags] = useState<readonly (Flag & { id: number })[]>([]);
  useEffect(() => {
    let id = 0;
    return onOwnFlag((flag) => {
      id += 1;
      const entry = { ...flag, id };
      setFlags((old) => [entry, ...old]);
    });
  }, []);
  return (
    <FlagGroup onDismissed={(id) => setFlags((old) => old.filter((flag) => flag.id !== id))}>
      {flags.map((flag) => {
        const Shown = flag.kind === 'error' ? AkFlag : AutoDismissFlag;
        return <Shown key={flag.id} id={flag.id} title={flag.title} description={flag.body} icon={<FlagIcon kind={flag.kind} />} />;
      })}
    </FlagGroup>
  );
}
