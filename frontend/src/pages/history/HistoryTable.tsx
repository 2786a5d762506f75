import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Restore, useApi } from '../../api';
import { type Column, DataTable, Empty, Loading, Pager, Problem, usePages, When } from '../../components/ui';
import { RESTORES_PER_PAGE, restoresQuery } from '../restores/data';
import { Box, Boxes } from '../restores/Boxes';
import { Expander, useOpenRows } from '../restores/Expander';
import { PartFacts } from '../restores/RestoreDetails';
import styles from '../restores/RestoreDetails.module.css';
import { ResultMessage } from '../restores/ResultMessage';
import { endedAt } from '../restores/status';
import { StatusLozenge, TargetSchema } from '../restores/words';

/** The restores of all schemas, newest first. */
export function HistoryTable() {
  const intl = useIntl();
  const pages = usePages('');
  const rows = useOpenRows();
  const list = useQuery(restoresQuery(useApi(), undefined, pages.cursor));

  if (list.isPending) return <Loading />;
  if (!list.data) return <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} />;
  const { items, total, next } = list.data;
  if (items.length === 0 && pages.index === 0)
    return (
      <Empty title={intl.formatMessage({ id: 'history.none', defaultMessage: 'Nothing has been restored yet' })} level={3}>
        <FormattedMessage id="history.none.why" defaultMessage="Every restore, successful or not, is listed here." />
      </Empty>
    );

  const columns: Column<Restore>[] = [
    {
      id: 'more',
      quiet: true,
      narrow: true,
      title: intl.formatMessage({ id: 'history.more', defaultMessage: 'More' }),
      cell: (r) => (
        <Expander
          open={rows.isOpen(r.id)}
          label={intl.formatMessage({ id: 'history.moreOf', defaultMessage: 'More about restore {number}' }, { number: r.number })}
          onClick={() => rows.flip(r.id)}
        />
      ),
    },
    { id: 'source', names: true, title: intl.formatMessage({ id: 'history.source', defaultMessage: 'Source Schema' }), cell: (r) => `${r.source.name} (${r.source.key})` },
    { id: 'target', title: intl.formatMessage({ id: 'history.target', defaultMessage: 'Destination Schema' }), cell: (r) => <TargetSchema restore={r} /> },
    { id: 'started', title: intl.formatMessage({ id: 'history.started', defaultMessage: 'Started' }), cell: (r) => (r.startedAt ? <When at={r.startedAt} /> : null) },
    {
      id: 'ended',
      title: intl.formatMessage({ id: 'history.ended', defaultMessage: 'Ended' }),
      cell: (r) => {
        const at = endedAt(r);
        return at ? <When at={at} /> : null;
      },
    },
    { id: 'status', title: intl.formatMessage({ id: 'history.status', defaultMessage: 'Status' }), cell: (r) => <StatusLozenge state={r.state} place="history" /> },
    { id: 'result', title: intl.formatMessage({ id: 'history.result', defaultMessage: 'Result' }), cell: (r) => <ResultMessage restore={r} /> },
    {
      id: 'view',
      actions: true,
      title: intl.formatMessage({ id: 'history.actions', defaultMessage: 'Actions' }),
      cell: (r) => (
        <Link to="/restores/$restoreId" params={{ restoreId: r.id }} aria-label={intl.formatMessage({ id: 'history.viewOf', defaultMessage: 'View Details of restore {number}' }, { number: r.number })}>
          <span className={styles.word}>
            <FormattedMessage id="history.view" defaultMessage="View Details" />
          </span>
        </Link>
      ),
    },
  ];

  return (
    <>
      {list.error ? <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} /> : null}
      <DataTable
        label={intl.formatMessage({ id: 'history.label', defaultMessage: 'History' })}
        columns={columns}
        rows={items}
        rowId={(r) => r.id}
        stale={list.isPlaceholderData}
        below={(r) =>
          rows.isOpen(r.id) ? (
            <Boxes>
              <Box title={intl.formatMessage({ id: 'restores.part.references', defaultMessage: 'Cross-schema references' })}>
                <PartFacts restore={r} part="references" />
              </Box>
              <Box title={intl.formatMessage({ id: 'restores.part.issues', defaultMessage: 'Objects in issues' })}>
                <PartFacts restore={r} part="issues" />
              </Box>
              <Box title={intl.formatMessage({ id: 'restores.part.attachments', defaultMessage: 'Attachments' })}>
                <PartFacts restore={r} part="attachments" />
              </Box>
            </Boxes>
          ) : null
        }
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
