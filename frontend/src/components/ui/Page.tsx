import Heading from '@atlaskit/heading';
import { type ReactNode, useEffect, useRef } from 'react';
import styles from './Page.module.css';

/** Whether a page was shown already: the first one leaves the focus where the browser put it. */
let arrived = false;

/**
 * A page: its heading, what can be done with all of it, and its content. Coming to a page moves the focus to its
 * heading, so that a screen reader says where one is and Tab goes on from there.
 */
export function Page({ title, lead, trail, actions, children }: { title: string; lead?: ReactNode; trail?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = `${title} · Stowage`;
  }, [title]);

  useEffect(() => {
    if (arrived) heading.current?.focus({ preventScroll: true });
    arrived = true;
    window.scrollTo?.(0, 0);
  }, []);

  return (
    <div className={styles.page}>
      {trail ? <div className={styles.trail}>{trail}</div> : null}
      <div className={styles.head}>
        <div ref={heading} tabIndex={-1} className={styles.heading}>
          <Heading as="h1" size="large">
            {title}
          </Heading>
          {lead ? <div className={styles.lead}>{lead}</div> : null}
        </div>
        {actions ? <div className={styles.actions}>{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}

/** A part of a page with a heading of its own. */
export function Section({ title, actions, children, level = 2 }: { title: string; actions?: ReactNode; children: ReactNode; level?: 2 | 3 }) {
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.head}>
        <Heading as={level === 2 ? 'h2' : 'h3'} size={level === 2 ? 'medium' : 'small'}>
          {title}
        </Heading>
        {actions ? <div className={styles.actions}>{actions}</div> : null}
      </div>
      {children}
    </section>
  );
}
