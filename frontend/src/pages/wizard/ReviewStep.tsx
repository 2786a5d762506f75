import Button from '@atlaskit/button/new';
import SectionMessage, { SectionMessageAction } from '@atlaskit/section-message';
import { useNavigate } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { ApiProblem, type Backup, hasCode, isActive, type Session, useApi } from '../../api';
import { RunProgress } from '../../components/progress/RunProgress';
import { Facts, Loading, Problem, Section } from '../../components/ui';
import { useHost } from '../../lib/HostContext';
import { targetsQuery, useStartRestore } from './data';
import type { Draft, PlanWish } from './draft';
import { PlanView } from './PlanView';
import { usePlan } from './usePlan';
import styles from './Wizard.module.css';

interface Props {
  backup: Backup;
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  wish: PlanWish;
  session: Session;
  back: ReactNode;
  /** The restore has begun; the draft has done its work. */
  onStarted: () => void;
}

/** The last step: what was chosen, what it would do, and the button that does it. */
export function ReviewStep({ backup, draft, change, wish, session, back, onStarted }: Props) {
  const intl = useIntl();
  const host = useHost();
  const navigate = useNavigate();
  const { canRun } = session.licence;
  const { plan, error, again, make, busy } = usePlan(draft, change, wish, canRun);
  const start = useStartRestore();
  const [explained, setExplained] = useState(false);
  const elsewhere = wish.destination === 'instance';
  const ready = plan?.state === 'ready' ? plan.summary : undefined;
  const verb = elsewhere ? intl.formatMessage({ id: 'wizard.migrate', defaultMessage: 'Migrate' }) : intl.formatMessage({ id: 'wizard.restore', defaultMessage: 'Restore' });

  const go = () => {
    if (!plan) return;
    start.mutate(plan.id, {
      onSuccess: ({ restore }) => {
        onStarted();
        host.flag({
          kind: 'success',
          title: elsewhere
            ? intl.formatMessage({ id: 'wizard.migrate.started', defaultMessage: 'The migration was started' })
            : intl.formatMessage({ id: 'wizard.restore.started', defaultMessage: 'The restore was started' }),
        });
        void navigate({ to: '/restores/$restoreId', params: { restoreId: restore.id } });
      },
      onError: (e) => {
        // An earlier click has started it, and its answer was lost.
        if (hasCode(e, 'already-running')) {
          onStarted();
          void navigate({ to: '/restores' });
        }
        if (!outdated(e)) return;
        start.reset();
        setExplained(true);
        make('stale');
      },
    });
  };

  return (
    <>
      <Section level={3} title={intl.formatMessage({ id: 'wizard.review.details', defaultMessage: 'Selected details' })}>
        <Chosen backup={backup} wish={wish} session={session} />
      </Section>

      {again ? (
        <SectionMessage title={intl.formatMessage({ id: 'wizard.plan.again', defaultMessage: 'The plan is made again' })} appearance="information">
          <p>
            {again === 'stale' || explained ? (
              <FormattedMessage
                id="wizard.plan.stale"
                defaultMessage="The backup or the destination changed since this restore was planned. Nothing was written. Look at the new plan, then start it."
              />
            ) : (
              <FormattedMessage id="wizard.plan.gone" defaultMessage="The earlier plan was too old and is not kept any more. Nothing was written." />
            )}
          </p>
        </SectionMessage>
      ) : null}

      {canRun || plan || error ? (
        <div aria-live="polite" aria-busy={!ready && !error && plan?.state !== 'failed'}>
          {error ? (
            <Problem error={error} onRetry={() => make()} busy={busy} />
          ) : plan?.state === 'failed' ? (
            <SectionMessage
              appearance="error"
              title={intl.formatMessage({ id: 'wizard.plan.failed', defaultMessage: 'This restore cannot be done as it is' })}
              actions={[
                <SectionMessageAction key="target" onClick={() => void navigate({ to: '/restore/$backupId', params: { backupId: backup.id }, search: { step: 'target' } })}>
                  <FormattedMessage id="wizard.plan.failed.target" defaultMessage="Change the target" />
                </SectionMessageAction>,
                <SectionMessageAction key="again" onClick={() => make()}>
                  <FormattedMessage id="wizard.plan.failed.again" defaultMessage="Plan again" />
                </SectionMessageAction>,
              ]}
            >
              <p>{plan.message || <FormattedMessage id="wizard.plan.failed.unknown" defaultMessage="The plan could not be made." />}</p>
            </SectionMessage>
          ) : ready ? (
            <PlanView summary={ready} />
          ) : plan?.run && isActive(plan.run) ? (
            <div className={styles.group}>
              <p>
                <FormattedMessage id="wizard.plan.making" defaultMessage="Comparing the backup with the target to find out what the restore would do. Nothing is written yet." />
              </p>
              {plan.run.message ? <p className={styles.advice}>{plan.run.message}</p> : null}
              <RunProgress run={plan.run} label={intl.formatMessage({ id: 'wizard.plan.progress', defaultMessage: 'Plan' })} />
            </div>
          ) : (
            <Loading label={intl.formatMessage({ id: 'wizard.plan.loading', defaultMessage: 'Making the plan' })} />
          )}
        </div>
      ) : null}

      {canRun ? null : (
        <p className={styles.advice}>
          <FormattedMessage id="wizard.licence" defaultMessage="New restores need an active licence. Your backups stay and can be looked at." />
        </p>
      )}
      {start.error ? <Problem error={start.error} onRetry={go} busy={start.isPending} /> : null}
      <div className={styles.footer}>
        {back}
        <div className={styles.forward}>
          <Button appearance="primary" isDisabled={!ready || !canRun} isLoading={start.isPending} onClick={go}>
            {verb}
          </Button>
        </div>
      </div>
    </>
  );
}

/** Whether the service says that the plan does not fit the backup or the target any more. */
function outdated(error: unknown): boolean {
  return hasCode(error, 'plan-stale') || hasCode(error, 'plan-not-ready') || (error instanceof ApiProblem && error.status === 404);
}

function Chosen({ backup, wish, session }: { backup: Backup; wish: PlanWish; session: Session }) {
  const intl = useIntl();
  const elsewhere = wish.destination === 'instance';
  const targets = useQuery({ ...targetsQuery(useApi()), enabled: elsewhere });
  const target = targets.data?.items.find((t) => t.id === wish.targetId);
  const yes = intl.formatMessage({ id: 'wizard.yes', defaultMessage: 'Yes' });
  const no = intl.formatMessage({ id: 'wizard.no', defaultMessage: 'No' });
  return (
    <Facts
      facts={[
        { name: intl.formatMessage({ id: 'wizard.review.destination', defaultMessage: 'Destination' }), value: elsewhere ? (
            <FormattedMessage id="wizard.destination.instance" defaultMessage="On another instance" />
          ) : (
            <FormattedMessage id="wizard.destination.current" defaultMessage="Current instance, new schema" />
          ) },
        { name: intl.formatMessage({ id: 'wizard.review.instance', defaultMessage: 'Instance' }), value: elsewhere ? target && `${target.name} · ${target.url}` : session.tenant.displayUrl },
        { name: intl.formatMessage({ id: 'wizard.name', defaultMessage: 'Schema name' }), value: wish.schemaName },
        { name: intl.formatMessage({ id: 'wizard.key', defaultMessage: 'Schema key' }), value: wish.schemaKey },
        { name: intl.formatMessage({ id: 'wizard.review.types', defaultMessage: 'Object types' }), value: wish.objectTypes ? (
            <FormattedMessage id="wizard.review.someTypes" defaultMessage="{n, number} of {all, number} selected" values={{ n: wish.objectTypes.length, all: backup.objectTypes.length }} />
          ) : (
            <FormattedMessage id="wizard.review.allTypes" defaultMessage="All" />
          ) },
        elsewhere ? { name: intl.formatMessage({ id: 'wizard.review.icons', defaultMessage: 'Global custom icons' }), value: wish.icons ? yes : no } : { name: '', value: null },
        { name: intl.formatMessage({ id: 'wizard.review.history', defaultMessage: 'Object history' }), value: wish.history ? yes : no },
        { name: intl.formatMessage({ id: 'wizard.review.users', defaultMessage: 'Users' }), value: `${
            wish.users === 'partial'
              ? intl.formatMessage({ id: 'wizard.users.partial', defaultMessage: 'Restore the users that exist' })
              : intl.formatMessage({ id: 'wizard.review.users.all', defaultMessage: 'All users of an attribute, or none' })
          } · ${
            wish.matchUsers === 'account'
              ? intl.formatMessage({ id: 'wizard.match.account', defaultMessage: 'By full name, then by account' })
              : intl.formatMessage({ id: 'wizard.match.name', defaultMessage: 'By full name' })
          }` },
      ]}
    />
  );
}
