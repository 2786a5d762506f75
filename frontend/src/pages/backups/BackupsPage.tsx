import SectionMessage from '@atlaskit/section-message';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Backup, type Schema, useApi } from '../../api';
import { type Column, DataTable, Empty, ExternalLink, Loading, Page, Pager, Problem, Section, usePages, useWayBack } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { RestoresGrid } from '../restores/RestoresGrid';
import { BackupNow } from '../schemas/BackupNow';
import { BackupActions } from './BackupActions';
import { BackupFilters } from './BackupFilters';
import styles from './BackupsPage.module.css';
import { BackupDate, BackupRun } from './BackupState';
import { BACKUPS_PER_PAGE, backupsQuery, schemaQuery } from './data';
import { IssuesInfo, PhaseStatus } from './PhaseStatus';

/** How many backups are shown while no day is chosen. */
const NEWEST = 50;

const route = getRouteApi('/schemas/$schemaId/backups');

/** The backups of one schema, to be selected for a restore, and its restores. */
export function BackupsPage() {
  const intl = useIntl();
  const { schemaId } = route.useParams();
  const schema = useQuery(schemaQuery(useApi(), schemaId));

  const trail = (
    <Link to="/schemas">
      <FormattedMessage id="backups.trail" defaultMessage="Schemas" />
    </Link>
  );
  if (!schema.data) {
    return (
      <Page title={intl.formatMessage({ id: 'backups.title', defaultMessage: 'Backups' })} trail={trail}>
        {schema.isPending ? <Loading /> : <Problem error={schema.error} onRetry={() => void schema.refetch()} busy={schema.isFetching} />}
      </Page>
    );
  }
  return (
    <Page title={schema.data.name} trail={trail} lead={<Lead schema={schema.data} />}>
      {schema.data.status === 'Active' ? null : <StatusNote schema={schema.data} />}
      <AvailableBackups schema={schema.data} />
      <Section title={intl.formatMessage({ id: 'backups.restores', defaultMessage: 'Restores' })}>
        <RestoresGrid schemaId={schemaId} empty={<FormattedMessage id="backups.restores.none" defaultMessage="Select a backup above to restore it." />} />
      </Section>
    </Page>
  );
}

/** The number of a backup, with the word before it where the table has become a list of cards. */
function BackupNumber({ number }: { number: number }) {
  return (
    <span className={styles.word}>
      <span className={styles.inCards}>
        <FormattedMessage id="backups.number" defaultMessage="Backup" />{' '}
      </span>
      {number}
    </span>
  );
}

function Lead({ schema }: { schema: Schema }) {
  return (
    <span className={styles.lead}>
      <span>
        <FormattedMessage id="backups.lead" defaultMessage="{key} · {objects, plural, one {# object} other {# objects}}" values={{ key: schema.key, objects: schema.objects }} />
      </span>
      {schema.status === 'Active' ? (
        <ExternalLink href={schema.assetsUrl} assets>
          <FormattedMessage id="backups.open" defaultMessage="Open in Assets" />
        </ExternalLink>
      ) : null}
    </span>
  );
}

/** A schema that cannot be backed up any more can still be restored: that is what its backups are for. */
function StatusNote({ schema }: { schema: Schema }) {
  const intl = useIntl();
  switch (schema.status) {
    case 'Deleted':
      return (
        <SectionMessage appearance="warning" title={intl.formatMessage({ id: 'backups.deleted.title', defaultMessage: 'This schema was deleted from Assets' })}>
          <p>
            <FormattedMessage id="backups.deleted" defaultMessage="It cannot be backed up any more. Its backups are kept: select one to restore it into a new schema." />
          </p>
        </SectionMessage>
      );
    case 'Inactive':
      return (
        <SectionMessage appearance="warning" title={intl.formatMessage({ id: 'backups.inactive.title', defaultMessage: 'The instance of this schema was removed from the list' })}>
          <p>
            <FormattedMessage id="backups.inactive" defaultMessage="It is not backed up. Its backups are kept and can be restored; add the instance again to go on backing it up." />
          </p>
        </SectionMessage>
      );
    default:
      return (
        <SectionMessage appearance="warning" title={intl.formatMessage({ id: 'backups.syncError.title', defaultMessage: 'The last sync of this schema failed' })}>
          <p>{schema.syncError}</p>
          <p>
            <FormattedMessage id="backups.syncError" defaultMessage="It cannot be backed up until a sync succeeds. Its backups can be restored." />
          </p>
        </SectionMessage>
      );
  }
}

function AvailableBackups({ schema }: { schema: Schema }) {
  const intl = useIntl();
  const host = useHost();
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const dated = Boolean(filter.from ?? filter.to);
  const filtered = dated || filter.trigger !== undefined;
  const pages = usePages(JSON.stringify([schema.id, filter]));
  const list = useQuery(backupsQuery(useApi(), schema.id, filter, host.timeZone, pages.cursor));
  const goingBack = useWayBack(pages, list.isPlaceholderData ? undefined : list.data?.items.length);

  const title = intl.formatMessage({ id: 'backups.available', defaultMessage: 'Available backups' });

  if (!list.data || goingBack) {
    return <Section title={title}>{list.isPending || goingBack ? <Loading /> : <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} />}</Section>;
  }
  const { items, total, next } = list.data;

  if (items.length === 0 && !filtered) {
    return (
      <Section title={title}>
        {schema.status === 'Active' ? (
          <Empty title={intl.formatMessage({ id: 'backups.none', defaultMessage: 'No backups yet' })} level={3} actions={<BackupNow schema={schema} />}>
            <FormattedMessage id="backups.none.why" defaultMessage="Once this schema has been backed up, its backups are listed here and can be restored." />
          </Empty>
        ) : (
          <Empty title={intl.formatMessage({ id: 'backups.never', defaultMessage: 'No backups' })} level={3}>
            <FormattedMessage id="backups.never.why" defaultMessage="This schema has no backup, so there is nothing to restore." />
          </Empty>
        )}
      </Section>
    );
  }

  const columns: Column<Backup>[] = [
    { id: 'id', names: true, narrow: true, title: intl.formatMessage({ id: 'backups.column.id', defaultMessage: 'ID' }), cell: (b) => <BackupNumber number={b.number} /> },
    { id: 'date', title: intl.formatMessage({ id: 'backups.column.date', defaultMessage: 'Backup date' }), cell: (b) => <BackupDate backup={b} /> },
    { id: 'objects', numeric: true, narrow: true, title: intl.formatMessage({ id: 'backups.column.objects', defaultMessage: 'Objects' }), cell: (b) => intl.formatNumber(b.objects) },
    {
      id: 'type',
      narrow: true,
      title: intl.formatMessage({ id: 'backups.column.type', defaultMessage: 'Type' }),
      cell: (b) =>
        b.trigger === 'Scheduled' ? (
          <FormattedMessage id="backups.type.scheduled" defaultMessage="Scheduled" />
        ) : (
          <FormattedMessage id="backups.type.manual" defaultMessage="Manual" />
        ),
    },
    { id: 'history', title: intl.formatMessage({ id: 'backups.column.history', defaultMessage: 'History status' }), cell: (b) => <PhaseStatus backup={b} name="history" /> },
    {
      id: 'issues',
      title: intl.formatMessage({ id: 'backups.column.issues', defaultMessage: 'Objects in issues status' }),
      cell: (b) => (
        <span className={styles.issues}>
          <PhaseStatus backup={b} name="issues" />
          <IssuesInfo backup={b} />
        </span>
      ),
    },
    { id: 'description', title: intl.formatMessage({ id: 'backups.description', defaultMessage: 'Description' }), cell: (b) => b.description },
    {
      id: 'actions',
      actions: true,
      narrow: true,
      title: intl.formatMessage({ id: 'backups.column.actions', defaultMessage: 'Actions' }),
      cell: (b) => <BackupActions backup={b} schema={schema} />,
    },
  ];

  return (
    <Section title={title} actions={<BackupNow schema={schema} />}>
      <BackupFilters filter={filter} onChange={(search) => void navigate({ search, replace: true, resetScroll: false })} />
      {list.error ? <Problem error={list.error} onRetry={() => void list.refetch()} busy={list.isFetching} /> : null}
      {items.length === 0 ? (
        <Empty title={intl.formatMessage({ id: 'backups.noMatch', defaultMessage: 'No backup matches' })} level={3}>
          <FormattedMessage id="backups.noMatch.next" defaultMessage="Choose other days or another type, or clear the filter." />
        </Empty>
      ) : (
        <DataTable
          label={title}
          columns={columns}
          rows={items}
          rowId={(b) => b.id}
          stale={list.isPlaceholderData}
          below={(b) => (b.run?.kind === 'backup' && b.run.endedAt === undefined ? <BackupRun backup={b} /> : null)}
        />
      )}
      {!dated && total >= NEWEST ? (
        <p className={styles.window}>
          <FormattedMessage id="backups.window" defaultMessage="These are the latest {n, number} backups. Choose days to see earlier ones." values={{ n: NEWEST }} />
        </p>
      ) : null}
      <Pager
        first={pages.index * BACKUPS_PER_PAGE}
        count={items.length}
        total={total}
        onPrevious={pages.index > 0 ? pages.previous : undefined}
        onNext={next ? () => pages.next(next) : undefined}
      />
    </Section>
  );
}
