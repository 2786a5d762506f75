import Button from '@atlaskit/button/new';
import DownloadIcon from '@atlaskit/icon/core/download';
import { useMutation } from '@tanstack/react-query';
import { FormattedMessage, useIntl } from 'react-intl';

import { useApi } from '../../api';
import { explain } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { fullLog, saveFile } from './data';

/** Downloads the full log of a restore as a JSON file. */
export function DownloadLog({ restoreId, number }: { restoreId: string; number: number }) {
  const intl = useIntl();
  const api = useApi();
  const host = useHost();
  const download = useMutation({
    mutationFn: async () => saveFile(await fullLog(api, restoreId), `restore-${number}-log.json`),
    onError: (error) => {
      const { title, text } = explain(intl, error);
      host.flag({ kind: 'error', title, body: text });
    },
  });
  return (
    <Button iconBefore={DownloadIcon} isLoading={download.isPending} onClick={() => download.mutate()}>
      <FormattedMessage id="restores.log.download" defaultMessage="Download full log" />
    </Button>
  );
}
