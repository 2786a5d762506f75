import Button from '@atlaskit/button/new';
import VideoStopIcon from '@atlaskit/icon/core/video-stop';
import { type ReactNode, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Run, useStopRun } from '../../api';
import { Confirm } from '../../components/ui';

interface Props {
  run: Run;
  title: string;
  children: ReactNode;
  /** What the button is called where several stand on one page. */
  label?: string | undefined;
}

/**
 * The STOP button of a run with its question. What is stopped is the run that was there when the question was asked: a
 * run that begins in the meantime is never touched.
 */
export function StopRun({ run, title, children, label }: Props) {
  const intl = useIntl();
  const stop = useStopRun();
  const [asked, setAsked] = useState<string | null>(null);
  const stopping = run.state === 'stopping' || run.stopRequestedAt !== undefined;
  const close = () => {
    setAsked(null);
    stop.reset();
  };
  return (
    <>
      <Button appearance="danger" iconBefore={VideoStopIcon} isDisabled={!run.canStop || stopping} aria-label={label} onClick={() => setAsked(run.id)}>
        {stopping ? <FormattedMessage id="restores.stop.stopping" defaultMessage="Stopping…" /> : <FormattedMessage id="restores.stop" defaultMessage="STOP" />}
      </Button>
      <Confirm
        open={asked !== null}
        title={title}
        danger
        confirm={intl.formatMessage({ id: 'restores.stop.yes', defaultMessage: 'Stop' })}
        cancel={intl.formatMessage({ id: 'restores.stop.no', defaultMessage: 'Keep running' })}
        busy={stop.isPending}
        error={stop.error}
        onConfirm={() => asked && stop.mutate(asked, { onSuccess: close })}
        onCancel={close}
      >
        {children}
      </Confirm>
    </>
  );
}
