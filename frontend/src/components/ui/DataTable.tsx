import type { ReactNode } from 'react';
import styles from './DataTable.module.css';

export interface Column<Row> {
  id: string;
  title: string;
  /** As narrow as what stands in it, which is not broken into lines; for short words and numbers. */
  narrow?: boolean;
  /** Takes the whole width of a card, without its title; for what can be done with the row. */
  actions?: boolean;
  /** The same, and the title of the column is for screen readers only; for an arrow that opens the row. */
  quiet?: boolean;
  /** Right-aligned, for numbers. */
  numeric?: boolean;
  /** The column that names the row. */
  names?: boolean;
  cell: (row: Row) => ReactNode;
}

interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowId: (row: Row) => string;
  /** What stands below a row when it is opened, over the whole width. */
  below?: (row: Row) => ReactNode;
  /** The rows are about to be replaced by others. */
  stale?: boolean;
}

/**
 * A table which becomes a list of cards where it has no room. The roles are written out because browsers take them
 * away from table elements that are laid out otherwise.
 */
export function DataTable<Row>({ label, columns, rows, rowId, below, stale = false }: TableProps<Row>) {
  return (
    <div className={styles.frame}>
      <table role="table" aria-label={label} aria-busy={stale} className={stale ? `${styles.table} ${styles.stale}` : styles.table}>
        <thead role="rowgroup" className={styles.head}>
          <tr role="row">
            {columns.map((column) => (
              <th key={column.id} role="columnheader" scope="col" className={looks(column, 'numeric', 'narrow')}>
                {column.quiet ? <span className={styles.hidden}>{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => {
            const more = below?.(row);
            return [
              <tr role="row" key={rowId(row)} className={styles.row}>
                {columns.map((column) => {
                  const content = (
                    <>
                      {column.quiet || column.actions || column.names ? null : (
                        <span className={styles.label} aria-hidden="true">
                          {column.title}
                        </span>
                      )}
                      <div className={styles.value}>{column.cell(row)}</div>
                    </>
                  );
                  const name = looks(column, 'numeric', 'narrow', 'names', 'actions', 'quiet');
                  return column.names ? (
                    <th key={column.id} role="rowheader" scope="row" className={name}>
                      {content}
                    </th>
                  ) : (
                    <td key={column.id} role="cell" className={name}>
                      {content}
                    </td>
                  );
                })}
              </tr>,
              more ? (
                <tr role="row" key={`${rowId(row)}+`} className={styles.below}>
                  <td role="cell" colSpan={columns.length}>
                    {more}
                  </td>
                </tr>
              ) : null,
            ];
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The classes of a cell for what its column is. */
function looks<Row>(column: Column<Row>, ...kinds: ('numeric' | 'narrow' | 'names' | 'actions' | 'quiet')[]): string | undefined {
  return kinds.filter((kind) => column[kind]).map((kind) => styles[kind]).join(' ') || undefined;
}
