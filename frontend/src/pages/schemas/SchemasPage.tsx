import { useNavigate, useSearch } from '@tanstack/react-router';
import Button from '@atlaskit/button/new';
import { FormattedMessage, useIntl } from 'react-intl';
import { SCHEMAS_PER_PAGE, useSchemas, useSession } from '../../api';
import { SyncButton, SyncProgress } from '../../components/connection/Sync';
import { useSyncState } from '../../components/connection/useSyncState';
import { Empty, Loading, Page, Pager, Problem, usePages, useWayBack } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { keepFilter, type SchemaFilter } from './filter';
import { FilterBar } from './FilterBar';
import styles from './Schemas.module.css';
import { SchemaTable } from './SchemaTable';

/** The synced schemas: what they are called, where they live, how their backups stand, and what can be done with them. */
export function SchemasPage() {
  const intl = useIntl();
  const host = useHost();
  const filter = useSearch({ from: '/schemas' });
  const navigate = useNavigate();
  const pages = usePages(JSON.stringify(filter));
  const list = useSchemas({ ...filter, cursor: pages.cursor });
  const goingBack = useWayBack(pages, list.isPlaceholderData ? undefined : list.data?.items.length);
  const session = useSession();
  const sync = useSyncState();
  const canRun = session.data?.licence.canRun ?? false;
  const filtered = Object.values(filter).some((value) => value !== undefined);

  function setFilter(next: SchemaFilter) {
    keepFilter(next);
    void navigate({ to: '/schemas', search: next, replace: true });
  }

  const { items, total, next, instances } = list.data ?? { items: [], total: 0, next: undefined, instances: [] };
  return (
    <Page
      title={intl.formatMessage({ id: 'schemas.title', defaultMessage: 'Synced schemas' })}
      lead={<FormattedMessage id="schemas.lead" defaultMessage="The schemas of Assets as they were at the last sync. Sync again after a schema was created in Assets." />}
      actions={<SyncButton sync={sync} canRun={canRun} />}
    >
      <SyncProgress sync={sync} />
      <FilterBar filter={filter} instances={instances} onChange={setFilter} />
      {list.isPending || goingBack ? (
        <Loading />
      ) : list.error && !list.data ? (
        <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} />
      ) : items.length === 0 ? (
        filtered ? (
          <Empty
            title={intl.formatMessage({ id: 'schemas.noMatch', defaultMessage: 'No schema matches' })}
            actions={
              <Button onClick={() => setFilter({})}>
                <FormattedMessage id="schemas.noMatch.clear" defaultMessage="Clear all filters" />
              </Button>
            }
          >
            <FormattedMessage id="schemas.noMatch.text" defaultMessage="Look for less, or clear the filter to see all schemas." />
          </Empty>
        ) : (
          <Empty title={intl.formatMessage({ id: 'schemas.none', defaultMessage: 'There are no schemas yet' })}>
            <FormattedMessage
              id="schemas.none.text"
              defaultMessage="The last sync found no schema that the account of the connection may see. Create one in Assets, or give the account a role in it, then sync again."
            />
          </Empty>
        )
      ) : (
        <>
          {list.error ? <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} /> : null}
          <SchemaTable schemas={items} canRun={canRun} stale={list.isPlaceholderData} />
          <Pager
            first={pages.index * SCHEMAS_PER_PAGE}
            count={items.length}
            total={total}
            onPrevious={pages.index > 0 ? pages.previous : undefined}
            onNext={next ? () => pages.next(next) : undefined}
          />
          <p className={styles.zone}>
            {host.timeZone === 'UTC' ? (
              <FormattedMessage id="schemas.zoneUtc" defaultMessage="Times are in UTC." />
            ) : (
              <FormattedMessage id="schemas.zone" defaultMessage="Times are in your time zone, {zone}. Point at one to see it in UTC, or open Configure." values={{ zone: host.timeZone.replaceAll('_', ' ') }} />
            )}
          </p>
        </>
      )}
    </Page>
  );
}
