import StatusSuccessIcon from '@atlaskit/icon/core/status-success';
import Spinner from '@atlaskit/spinner';
import type { LiveCheck } from '../../lib/useLiveCheck';
import styles from './CheckLine.module.css';

/** Says in one line how a check that runs while a form is filled in stands. What is wrong stands at the fields instead. */
export function CheckLine<Result>({ live, checking, good }: { live: LiveCheck<Result>; checking: string; good: (result: Result) => string }) {
  return (
    <div role="status" className={styles.line}>
      {live.state === 'checking' ? (
        <>
          <Spinner size="small" label="" />
          <span>{checking}</span>
        </>
      ) : null}
      {live.state === 'good' ? (
        <>
          <StatusSuccessIcon label="" color="var(--ds-icon-success)" />
          <span>{good(live.result)}</span>
        </>
      ) : null}
    </div>
  );
}
