import LinkExternalIcon from '@atlaskit/icon/core/link-external';
import type { RouterLinkComponentProps } from '@atlaskit/app-provider/router-link-provider';
import { Link } from '@tanstack/react-router';
import { forwardRef, type MouseEvent, type ReactNode } from 'react';
import { FormattedMessage } from 'react-intl';
import { useHost } from '../../lib/HostContext';
import styles from './Links.module.css';

/** Lets the design system's links and buttons with an `href` of the app go through the router. */
export const RouterLink = forwardRef<HTMLAnchorElement, RouterLinkComponentProps>(function RouterLink({ href, children, ...rest }, ref) {
  const to: string = href;
  return (
    <Link ref={ref} to={to} {...rest}>
      {children}
    </Link>
  );
});

/** How many letters the icon keeps with it, so that it never begins a line of its own. */
const KEPT = 4;

/** A link out of the app. The host opens it in a new tab, as a frame cannot always do so itself. */
export function ExternalLink({ href, children, assets = false }: { href: string; children: ReactNode; assets?: boolean }) {
  const host = useHost();
  const open = (event: MouseEvent) => {
    event.preventDefault();
    if (assets) host.navigateToAssets(href);
    else host.openExternal(href);
  };
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" onClick={open} className={styles.external}>
      {typeof children === 'string' ? children.slice(0, -KEPT) : children}
      <span className={styles.end}>
        {typeof children === 'string' ? children.slice(-KEPT) : null}
        <span className={styles.icon}>
          <LinkExternalIcon label="" size="small" />
        </span>
      </span>
      <span className={styles.hidden}>
        <FormattedMessage id="links.newTab" defaultMessage="(opens in a new tab)" />
      </span>
    </a>
  );
}
