import { Link, Navigate, Outlet, useRouterState } from '@tanstack/react-router';
import SectionMessage from '@atlaskit/section-message';
import { Suspense } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { ApiProblem, useSession } from '../api';
import icon from '../icon.svg';
import styles from './Layout.module.css';
import { Problem } from './ui/Problem';
import { Loading } from './ui/States';

/** The frame of every page: the name of the app, the ways to its parts, and what the licence has to say. */
export function Layout() {
  const intl = useIntl();
  const session = useSession();
  // The page that is shown, not the address: while another one is fetched, the two differ.
  const page = useRouterState({ select: (state) => state.matches.at(-1)?.fullPath });
  const ready = session.data?.setup.step === 'done';
  // Whoever is not let in any more sees nothing of what was fetched before.
  const out = session.error instanceof ApiProblem && (session.error.status === 401 || session.error.status === 403);

  return (
    <div className={styles.app}>
      <a className={styles.skip} href="#content" onClick={skip}>
        <FormattedMessage id="layout.skip" defaultMessage="Skip to content" />
      </a>
      <header className={styles.header}>
        <Link to="/" className={styles.brand} aria-label={intl.formatMessage({ id: 'layout.home', defaultMessage: 'Stowage, home page' })}>
          <img src={icon} alt="" width={24} height={24} />
          <span aria-hidden="true">Stowage</span>
        </Link>
        {ready && !out ? (
          <nav className={styles.nav} aria-label={intl.formatMessage({ id: 'layout.nav', defaultMessage: 'Stowage' })}>
            <Link to="/" activeOptions={{ exact: true }} className={styles.link}>
              <FormattedMessage id="layout.nav.home" defaultMessage="Home" />
            </Link>
            <Link to="/schemas" className={styles.link}>
              <FormattedMessage id="layout.nav.schemas" defaultMessage="Schemas" />
            </Link>
            <Link to="/restores" className={styles.link}>
              <FormattedMessage id="layout.nav.restores" defaultMessage="Restores" />
            </Link>
            <Link to="/targets" className={styles.link}>
              <FormattedMessage id="layout.nav.targets" defaultMessage="Target instances" />
            </Link>
            <Link to="/settings" className={styles.link}>
              <FormattedMessage id="layout.nav.settings" defaultMessage="Settings" />
            </Link>
          </nav>
        ) : null}
      </header>
      <main id="content" tabIndex={-1} className={styles.main}>
        {session.data?.licence.notice && !out ? (
          <div className={styles.notice}>
            <SectionMessage
              appearance={session.data.licence.canRun ? 'information' : 'warning'}
              title={intl.formatMessage({ id: 'layout.licence', defaultMessage: 'Licence' })}
            >
              <p>{session.data.licence.notice}</p>
            </SectionMessage>
          </div>
        ) : null}
        {session.data && !out ? (
          !ready && page !== '/setup' ? (
            <Navigate to="/setup" replace />
          ) : (
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
          )
        ) : session.error ? (
          <Problem error={session.error} onRetry={() => void session.refetch()} busy={session.isFetching} />
        ) : (
          <Loading />
        )}
      </main>
    </div>
  );
}

/** The address after the # belongs to the router, so the jump is made by hand. */
function skip(event: { preventDefault(): void }) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
