import Button from '@atlaskit/button/new';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { FormattedMessage, type IntlShape, useIntl } from 'react-intl';

import { isActive, keys, type Restore, type Run, useApi, useSession } from '../../api';
import { Outcomes, RunProgress, StageList } from '../../components/progress/RunProgress';
import { explain, Facts, Loading, Page, Problem, Section, When } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { Beside } from './Boxes';
import { restoreQuery, useResumeRun } from './data';
import { Log } from './RestoreLog';
import styles from './RestorePage.module.css';
import { Result } from './RestoreResult';
import { endedAt, isOver } from './status';
import { StopRun } from './StopRun';
import { DestinationName, NotAvailable, placeOf, SourceSchema, StatusLozenge, TargetSchema } from './words';

const route = getRouteApi('/restores/$restoreId');

/** One restore: what it is doing or did, stage by stage, its log, and what can be done about it. */
export function RestorePage() {
  const intl = useIntl();
  const { restoreId } = route.useParams();
  const query = useQuery(restoreQuery(useApi(), restoreId));
  const restore = query.data;
  useSyncedSchemas(restore);

  const trail = (
    <Link to="/restores">
      <FormattedMessage id="restores.trail" defaultMessage="Restores" />
    </Link>
  );
  const title = restore ? titleOf(intl, restore) : intl.formatMessage({ id: 'restores.titleUnknown', defaultMessage: 'Restore' });

  if (!restore) {
    return (
      <Page title={title} trail={trail}>
        {query.isPending ? <Loading /> : <Problem error={query.error} onRetry={() => void query.refetch()} busy={query.isFetching} />}
      </Page>
    );
  }
  return (
    <Page title={title} trail={trail} actions={<Actions restore={restore} />}>
      {query.error ? <Problem error={query.error} onRetry={() => void query.refetch()} busy={query.isFetching} /> : null}
      <div className={styles.columns}>
        <div className={styles.main}>
          <Status restore={restore} unheard={query.isError} />
          {restore.run ? <Log restore={restore} run={restore.run} /> : null}
        </div>
        <Details restore={restore} />
      </div>
    </Page>
  );
}

/** On another instance the schema mostly keeps its name, so the instance tells where it goes. */
function titleOf(intl: IntlShape, { source, target, destination }: Restore): string {
  if (destination === 'instance' && target.name)
    return intl.formatMessage({ id: 'restores.title.migration', defaultMessage: 'Migration of {source} to {instance}' }, { source: source.name, instance: target.name });
  return intl.formatMessage({ id: 'restores.title', defaultMessage: 'Restore of {source} to {target}' }, { source: source.name, target: target.schemaName });
}

/** A restore on the current instance ends with a new schema there: the lists that show it are read again. */
function useSyncedSchemas(restore: Restore | undefined) {
  const client = useQueryClient();
  const was = useRef(restore?.state);
  const state = restore?.state;
  useEffect(() => {
    if (state && was.current && !isOver(was.current) && isOver(state)) {
      void Promise.all([keys.schemas, keys.restores].map((queryKey) => client.invalidateQueries({ queryKey })));
    }
    was.current = state;
  }, [client, state]);
}

function Actions({ restore }: { restore: Restore }) {
  const intl = useIntl();
  const session = useSession();
  const host = useHost();
  const resume = useResumeRun();
  const { run } = restore;
  const start = (id: string) =>
    resume.mutate(id, {
      onError: (error) => {
        const { title, text } = explain(intl, error);
        host.flag({ kind: 'error', title, body: text });
      },
    });
  if (!run) return null;
  if (isActive(run)) {
    return (
      <StopRun run={run} title={intl.formatMessage({ id: 'restores.stop.title', defaultMessage: 'Stop this restore?' })}>
        <p>
          <FormattedMessage
            id="restores.stop.text"
            defaultMessage="Objects that were created so far stay in {schema}. Stopping takes a few seconds; a restore that is nearly done may still complete. You can resume it later: nothing is created twice."
            values={{ schema: <strong>{restore.target.schemaName}</strong> }}
          />
        </p>
      </StopRun>
    );
  }
  if (!run.canResume || restore.state === 'completed') return null;
  return (
    <Button appearance="primary" isDisabled={session.data?.licence.canRun === false} isLoading={resume.isPending} onClick={() => start(run.id)}>
      <FormattedMessage id="restores.resume" defaultMessage="Resume" />
    </Button>
  );
}

function Status({ restore, unheard }: { restore: Restore; unheard: boolean }) {
  const intl = useIntl();
  const { run, state } = restore;
  const ended = endedAt(restore);
  return (
    <Section title={intl.formatMessage({ id: 'restores.status', defaultMessage: 'Status' })}>
      <div className={styles.status} role="status">
        <StatusLozenge state={state} place="restore" />
        {ended ? (
          <span className={styles.ended}>
            <FormattedMessage id="restores.endedAt" defaultMessage="Restore ended {at}" values={{ at: <When at={ended} /> }} />
          </span>
        ) : null}
      </div>
      <Result restore={restore} />
      {run ? (
        <>
          {isActive(run) || state === 'terminated' || (state === 'error' && run.stages.length > 0) ? (
            <RunProgress run={run} label={intl.formatMessage({ id: 'restores.progress', defaultMessage: 'Restore' })} waiting={<Waiting run={run} />} unheard={unheard} />
          ) : null}
          {run.progress.created + run.progress.failed + run.progress.skipped + run.progress.warned > 0 ? <Outcomes {...run.progress} /> : null}
          {run.stages.length > 0 ? <StageList run={run} /> : null}
        </>
      ) : null}
    </Section>
  );
}

/** Why a restore does not move. */
function Waiting({ run }: { run: Run }) {
  if (run.queuedBehind) {
    return (
      <FormattedMessage
        id="restores.queuedBehind"
        defaultMessage="Waiting for another restore to the same destination. It begins by itself when that one is done."
      />
    );
  }
  return (
    <FormattedMessage
      id="restores.queued"
      defaultMessage="Waiting in the queue{position, plural, =0 {} one {, next to begin} other {, number # of those that wait}}."
      values={{ position: run.queuePosition ?? 0 }}
    />
  );
}

function Details({ restore }: { restore: Restore }) {
  const intl = useIntl();
  const { options, target } = restore;
  return (
    <Beside title={intl.formatMessage({ id: 'restores.details', defaultMessage: 'Details' })}>
      <Facts
        facts={[
          { name: intl.formatMessage({ id: 'restores.column.id', defaultMessage: 'Restore ID' }), value: intl.formatNumber(restore.number) },
          { name: intl.formatMessage({ id: 'restores.source', defaultMessage: 'Source' }), value: <SourceSchema restore={restore} /> },
          { name: intl.formatMessage({ id: 'restores.destination', defaultMessage: 'Destination' }), value: <DestinationName restore={restore} /> },
          { name: intl.formatMessage({ id: 'restores.instance', defaultMessage: 'Instance' }), value: placeOf(target) },
          { name: intl.formatMessage({ id: 'restores.target', defaultMessage: 'Target' }), value: <TargetSchema restore={restore} /> },
          { name: intl.formatMessage({ id: 'restores.part.started', defaultMessage: 'Restore started' }), value: restore.startedAt ? <When at={restore.startedAt} /> : <NotAvailable /> },
          { name: intl.formatMessage({ id: 'restores.options', defaultMessage: 'Options' }), value: <ul className={styles.options}>
              <li>
                {options.objectTypes?.length ? (
                  <FormattedMessage id="restores.options.types" defaultMessage="{n, plural, one {# object type chosen} other {# object types chosen}}" values={{ n: options.objectTypes.length }} />
                ) : (
                  <FormattedMessage id="restores.options.allTypes" defaultMessage="All object types" />
                )}
              </li>
              {options.icons ? (
                <li>
                  <FormattedMessage id="restores.options.icons" defaultMessage="Object Type global custom icons" />
                </li>
              ) : null}
              {options.history ? (
                <li>
                  <FormattedMessage id="restores.options.history" defaultMessage="Object history" />
                </li>
              ) : null}
              <li>
                {options.users === 'partial' ? (
                  <FormattedMessage id="restores.options.users.partial" defaultMessage="Users that are found are kept" />
                ) : (
                  <FormattedMessage id="restores.options.users.all" defaultMessage="Users: all of an attribute or none" />
                )}
              </li>
            </ul> },
        ]}
      />
    </Beside>
  );
}
