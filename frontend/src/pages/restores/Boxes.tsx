import Heading from '@atlaskit/heading';
import type { ReactNode } from 'react';

import styles from './Boxes.module.css';

/** A framed part of a page with a small heading. */
export function Box({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.box} aria-label={title}>
      <Heading as="h3" size="xsmall">
        {title}
      </Heading>
      {children}
    </section>
  );
}

/** Boxes beside each other where there is room. */
export function Boxes({ children }: { children: ReactNode }) {
  return <div className={styles.boxes}>{children}</div>;
}

/** A narrow part beside the page, with facts one below the other. */
export function Beside({ title, children }: { title: string; children: ReactNode }) {
  return (
    <aside className={styles.beside} aria-label={title}>
      <Heading as="h2" size="small">
        {title}
      </Heading>
      {children}
    </aside>
  );
}
