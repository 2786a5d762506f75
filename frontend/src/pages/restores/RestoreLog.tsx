import Button from '@atlaskit/button/new';
import { getRouteApi } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { isActive, type Restore, type Run } from '../../api';
import type { Outcome } from '../../components/log/buffer';
import { LogView } from '../../components/log/LogView';
import { useRunLog } from '../../components/log/useRunLog';
import { Section } from '../../components/ui';
import { DownloadLog } from './DownloadLog';
import styles from './RestorePage.module.css';
import { hasLog } from './status';

const route = getRouteApi('/restores/$restoreId');

/** The log of a restore, opened and closed by its address. */
export function Log({ restore, run }: { restore: Restore; run: Run }) {
  const intl = useIntl();
  const { log: open, only } = route.useSearch();
  const navigate = route.useNavigate();
  const section = useRef<HTMLDivElement>(null);
  useComeIntoView(section, open ? `${run.id} ${only ?? ''}` : null);
  const flip = () => void navigate({ search: open ? {} : { log: true }, replace: true, resetScroll: false });
  return (
    <div ref={section} className={styles.log}>
      <Section
        title={intl.formatMessage({ id: 'restores.log', defaultMessage: 'Log' })}
        actions={
          <>
            <Button aria-expanded={open ?? false} onClick={flip}>
              {open ? (
                <FormattedMessage id="restores.log.hide" defaultMessage="Hide log" />
              ) : isActive(run) ? (
                <FormattedMessage id="restores.log.live" defaultMessage="Real-time log monitoring" />
              ) : (
                <FormattedMessage id="restores.log.show" defaultMessage="Show log" />
              )}
            </Button>
            {hasLog(restore) ? <DownloadLog restoreId={restore.id} number={restore.number} /> : null}
          </>
        }
      >
        {open ? <OpenLog key={`${run.id} ${only ?? ''}`} run={run} only={only} /> : null}
      </Section>
    </div>
  );
}

/** Brings something into view when it is opened or shows something else; not when it is open from the beginning. */
function useComeIntoView(element: RefObject<HTMLElement>, shown: string | null) {
  const was = useRef(shown);
  useEffect(() => {
    if (shown !== null && was.current !== shown) element.current?.scrollIntoView?.({ block: 'start' });
    was.current = shown;
  }, [element, shown]);
}

function OpenLog({ run, only }: { run: Run; only: Outcome | undefined }) {
  return <LogView run={run} state={useRunLog(run.id, run)} only={only} />;
}
