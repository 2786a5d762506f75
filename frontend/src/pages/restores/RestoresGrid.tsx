import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Restore, useApi } from '../../api';
import { type Column, DataTable, Empty, Loading, Pager, Problem, usePages, When } from '../../components/ui';
import { RESTORES_PER_PAGE, restoresQuery } from './data';
import { Expander, useOpenRows } from './Expander';
import { RestoreDetails } from './RestoreDetails';
import styles from './RestoreDetails.module.css';
import { ResultMessage } from './ResultMessage';
import { endedAt } from './status';
import { DestinationName, SourceSchema, StatusLozenge, TargetSchema } from './words';

/** The restores of one schema, or of all of them, each with its boxes. */
export function RestoresGrid({ schemaId, empty }: { schemaId?: string | undefined; empty: ReactNode }) {
  const intl = useIntl();
  const pages = usePages(schemaId ?? '');
  const rows = useOpenRows();
  const list = useQuery(restoresQuery(useApi(), schemaId, pages.cursor));

  if (list.isPending) return <Loading />;
  if (!list.data) return <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} />;
  const { items, total, next } = list.data;
  if (items.length === 0 && pages.index === 0) return <Empty title={intl.formatMessage({ id: 'restores.none', defaultMessage: 'No restores yet' })} level={3}>{empty}</Empty>;

  const columns: Column<Restore>[] = [
    {
      id: 'more',
      title: intl.formatMessage({ id: 'restores.more', defaultMessage: 'Details' }),
      quiet: true,
      narrow: true,
      cell: (r) => (
        <Expander
          open={rows.isOpen(r.id)}
          label={intl.formatMessage({ id: 'restores.moreOf', defaultMessage: 'Details of restore {number}' }, { number: r.number })}
          onClick={() => rows.flip(r.id)}
        />
      ),
    },
    {
      id: 'schema',
      names: true,
      title: intl.formatMessage({ id: 'restores.column.schema', defaultMessage: 'Schema' }),
      cell: (r) => (
        <>
          <TargetSchema restore={r} />
          {schemaId ? null : (
            <div className={styles.from}>
              <FormattedMessage id="restores.from" defaultMessage="from {source}" values={{ source: <SourceSchema restore={r} /> }} />
            </div>
          )}
        </>
      ),
    },
    { id: 'destination', title: intl.formatMessage({ id: 'restores.destination', defaultMessage: 'Destination' }), cell: (r) => <span className={styles.words}><DestinationName restore={r} /></span> },
    { id: 'started', title: intl.formatMessage({ id: 'restores.column.started', defaultMessage: 'Started' }), cell: (r) => (r.startedAt ? <When at={r.startedAt} /> : null) },
    {
      id: 'ended',
      title: intl.formatMessage({ id: 'restores.column.ended', defaultMessage: 'Ended' }),
      cell: (r) => {
        const at = endedAt(r);
        return at ? <When at={at} /> : null;
      },
    },
    {
      id: 'status',
      title: intl.formatMessage({ id: 'restores.column.status', defaultMessage: 'Status' }),
      cell: (r) => (
        <>
          <StatusLozenge state={r.state} place="grid" />
          {r.state === 'running' && r.stage ? <div>{r.stage}</div> : null}
          {r.state === 'pending' && r.queuedBehind ? (
            <div>
              <FormattedMessage id="restores.behind" defaultMessage="Waiting for another restore" />
            </div>
          ) : null}
        </>
      ),
    },
    { id: 'result', title: intl.formatMessage({ id: 'restores.column.result', defaultMessage: 'Result' }), cell: (r) => <ResultMessage restore={r} /> },
    { id: 'id', numeric: true, narrow: true, title: intl.formatMessage({ id: 'restores.column.id', defaultMessage: 'Restore ID' }), cell: (r) => r.number },
    {
      id: 'view',
      actions: true,
      title: intl.formatMessage({ id: 'restores.column.actions', defaultMessage: 'Actions' }),
      cell: (r) => (
        <Link to="/restores/$restoreId" params={{ restoreId: r.id }} aria-label={intl.formatMessage({ id: 'restores.viewOf', defaultMessage: 'View details of restore {number}' }, { number: r.number })}>
          <span className={styles.word}>
            <FormattedMessage id="restores.view" defaultMessage="View details" />
          </span>
        </Link>
      ),
    },
  ];

  return (
    <>
      {list.error ? <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} /> : null}
      <DataTable
        label={intl.formatMessage({ id: 'restores.grid', defaultMessage: 'Restores' })}
        columns={columns}
        rows={items}
        rowId={(r) => r.id}
        stale={list.isPlaceholderData}
        below={(r) => (rows.isOpen(r.id) ? <RestoreDetails restore={r} /> : null)}
      />
      <Pager
        first={pages.index * RESTORES_PER_PAGE}
        count={items.length}
        total={total}
        onPrevious={pages.index > 0 ? pages.previous : undefined}
        onNext={next ? () => pages.next(next) : undefined}
      />
    </>
  );
}
