import Heading from '@atlaskit/heading';
import { type ReactNode, useId } from 'react';

import styles from './Boxes.module.css';

/** A framed part of a row that was opened, with its name. */
export function Box({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.box} aria-labelledby={id}>
      <p id={id} className={styles.title}>
        {title}
      </p>
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
