import type { ReactNode } from 'react';

import styles from './Facts.module.css';

/** Names and what stands for them; those without a value are left out. */
export function Facts({ items, stacked = false }: { items: readonly (readonly [name: ReactNode, value: ReactNode])[]; stacked?: boolean }) {
  return (
    <dl className={stacked ? `${styles.facts} ${styles.stacked}` : styles.facts}>
      {items
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value], i) => (
          // The names never change places within one list.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={i}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A framed part of a page with a small heading. */
export function Box({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.box} aria-label={title}>
      <h4 className={styles.title}>{title}</h4>
      {children}
    </section>
  );
}

/** Boxes beside each other where there is room. */
export function Boxes({ children }: { children: ReactNode }) {
  return <div className={styles.boxes}>{children}</div>;
}
