import { AutoDismissFlag, default as AkFlag, FlagGroup } from '@atlaskit/flag';
import StatusErrorIcon from '@atlaskit/icon/core/status-error';
import StatusInformationIcon from '@atlaskit/icon/core/status-information';
import StatusSuccessIcon from '@atlaskit/icon/core/status-success';
import StatusWarningIcon from '@atlaskit/icon/core/status-warning';
import { useEffect, useState } from 'react';
import { type Flag, onOwnFlag } from '../lib/host/flags';

const icons = {
  success: <StatusSuccessIcon label="Success" color="var(--ds-icon-success)" />,
  info: <StatusInformationIcon label="Info" color="var(--ds-icon-information)" />,
  warning: <StatusWarningIcon label="Warning" color="var(--ds-icon-warning)" />,
  error: <StatusErrorIcon label="Error" color="var(--ds-icon-danger)" />,
};

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
        return <Shown key={flag.id} id={flag.id} title={flag.title} description={flag.body} icon={icons[flag.kind]} />;
      })}
    </FlagGroup>
  );
}
