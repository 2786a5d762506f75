import Heading from '@atlaskit/heading';
import Spinner from '@atlaskit/spinner';
import { type ReactNode, useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import styles from './States.module.css';

/** Something is being fetched. It shows after a moment only, so that quick answers do not flicker. */
export function Loading({ label }: { label?: string }) {
  const intl = useIntl();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={styles.loading} role="status">
      {shown ? <Spinner size="large" label={label ?? intl.formatMessage({ id: 'states.loading', defaultMessage: 'Loading' })} /> : null}
    </div>
  );
}

/** There is nothing to show: why, and what to do about it. */
export function Empty({ title, children, actions, level = 2 }: { title: string; children?: ReactNode; actions?: ReactNode; level?: 2 | 3 }) {
  return (
    <div className={styles.empty}>
      <Heading as={level === 2 ? 'h2' : 'h3'} size="small">
        {title}
      </Heading>
      {children ? <div className={styles.why}>{children}</div> : null}
      {actions ? <div className={styles.actions}>{actions}</div> : null}
    </div>
  );
}
