import Button from '@atlaskit/button/new';
import Heading from '@atlaskit/heading';
import SectionMessage from '@atlaskit/section-message';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Backup, type Schema, useApi, useSession } from '../../api';
import { Facts, Loading, Page, Problem, When } from '../../components/ui';
import { backupQuery, schemaQuery } from '../backups/data';
import { historyReady, IssuesInfo, PhaseStatus } from '../backups/PhaseStatus';
import { Beside } from '../restores/Boxes';
import { freeQuery, targetsQuery, useInUse } from './data';
import { DestinationStep } from './DestinationStep';
import { allowedStep, isDone, type Known, problemsOf, type Step, STEPS, suggest, type Suggestions, wishOf, withDestination } from './draft';
import { OptionsStep } from './OptionsStep';
import { ReviewStep } from './ReviewStep';
import { stepNames, Stepper } from './Stepper';
import { TargetInstance } from './TargetInstance';
import { TargetStep } from './TargetStep';
import { useDraft } from './useDraft';
import styles from './Wizard.module.css';

const route = getRouteApi('/restore/$backupId');

/** Restores a backup in four steps: Destination, Target, Options, Review. */
export function WizardPage() {
  const intl = useIntl();
  const api = useApi();
  const { backupId } = route.useParams();
  const backup = useQuery(backupQuery(api, backupId));
  const schema = useQuery({ ...schemaQuery(api, backup.data?.schemaId ?? ''), enabled: backup.data !== undefined });

  const error = backup.error ?? schema.error;
  const title = schema.data
    ? intl.formatMessage({ id: 'wizard.title', defaultMessage: 'Restore {name}' }, { name: schema.data.name })
    : intl.formatMessage({ id: 'wizard.titleUnknown', defaultMessage: 'Restore' });
  const trail = backup.data ? (
    <Link to="/schemas/$schemaId/backups" params={{ schemaId: backup.data.schemaId }}>
      <FormattedMessage id="wizard.trail" defaultMessage="Available backups" />
    </Link>
  ) : (
    <Link to="/schemas">
      <FormattedMessage id="backups.trail" defaultMessage="Schemas" />
    </Link>
  );

  if (!backup.data || !schema.data) {
    return (
      <Page title={title} trail={trail}>
        {error ? <Problem error={error} onRetry={() => void (backup.error ? backup : schema).refetch()} busy={backup.isFetching || schema.isFetching} /> : <Loading />}
      </Page>
    );
  }
  return (
    <Page title={title} trail={trail}>
      <div className={styles.columns}>
        <BackupInformation backup={backup.data} schema={schema.data} />
        {backup.data.restorable ? (
          <Steps key={backupId} backup={backup.data} schema={schema.data} />
        ) : (
          <SectionMessage appearance="warning" title={intl.formatMessage({ id: 'wizard.notRestorable', defaultMessage: 'This backup cannot be restored' })}>
            <p>{backup.data.notRestorableBecause}</p>
            <p>
              <Link to="/schemas/$schemaId/backups" params={{ schemaId: backup.data.schemaId }}>
                <FormattedMessage id="wizard.notRestorable.next" defaultMessage="Choose another backup" />
              </Link>
            </p>
          </SectionMessage>
        )}
      </div>
    </Page>
  );
}

/** What is known about the backup, on the left of every step. */
function BackupInformation({ backup, schema }: { backup: Backup; schema: Schema }) {
  const intl = useIntl();
  return (
    <Beside title={intl.formatMessage({ id: 'wizard.backup', defaultMessage: 'Selected backup' })}>
      <Facts
        facts={[
          { name: intl.formatMessage({ id: 'wizard.backup.schema', defaultMessage: 'Schema' }), value: `${schema.name} (${schema.key})` },
          { name: intl.formatMessage({ id: 'wizard.backup.id', defaultMessage: 'Backup ID' }), value: intl.formatNumber(backup.number) },
          { name: intl.formatMessage({ id: 'backups.column.date', defaultMessage: 'Backup date' }), value: <When at={backup.finishedAt ?? backup.createdAt} /> },
          { name: intl.formatMessage({ id: 'backups.column.objects', defaultMessage: 'Objects' }), value: intl.formatNumber(backup.objects) },
          { name: intl.formatMessage({ id: 'wizard.backup.types', defaultMessage: 'Object types' }), value: intl.formatNumber(backup.objectTypes.length) },
          { name: intl.formatMessage({ id: 'backups.column.type', defaultMessage: 'Type' }), value: backup.trigger === 'Scheduled' ? (
              <FormattedMessage id="backups.type.scheduled" defaultMessage="Scheduled" />
            ) : (
              <FormattedMessage id="backups.type.manual" defaultMessage="Manual" />
            ) },
          { name: intl.formatMessage({ id: 'backups.column.history', defaultMessage: 'History status' }), value: <PhaseStatus backup={backup} name="history" /> },
          { name: intl.formatMessage({ id: 'backups.column.issues', defaultMessage: 'Objects in issues status' }), value: <span className={styles.issues}>
              <PhaseStatus backup={backup} name="issues" />
              <IssuesInfo backup={backup} />
            </span> },
          { name: intl.formatMessage({ id: 'backups.description', defaultMessage: 'Description' }), value: backup.description },
        ]}
      />
    </Beside>
  );
}

function Steps({ backup, schema }: { backup: Backup; schema: Schema }) {
  const intl = useIntl();
  const api = useApi();
  const navigate = route.useNavigate();
  const search = route.useSearch();
  const session = useSession();
  const { draft, change, clear } = useDraft(backup.id);
  const [tried, setTried] = useState<Step | null>(null);
  const free = useQuery(freeQuery(api, schema));
  const targets = useQuery({ ...targetsQuery(api), enabled: draft.destination === 'instance' });
  const body = useRef<HTMLDivElement>(null);

  const known: Known = { historyReady: historyReady(backup), targets: targets.data?.items.map((t) => t.id) };
  const step = allowedStep(search.step, draft, known);
  const here = step === 'target' && draft.destination === 'current';
  const { inUse, ask } = useInUse(draft, here);
  const [asking, setAsking] = useState(false);
  const problems = tried === step ? problemsOf(step, draft, { ...known, inUse }) : {};
  useFocusOnStep(step);

  // The address follows when it asked for a step that cannot be shown yet.
  useEffect(() => {
    if (search.step && search.step !== step) void navigate({ search: { step }, replace: true });
  }, [search.step, step, navigate]);

  if (!session.data || (!draft.destination && free.isPending)) return <Loading />;

  const suggestions: Suggestions = { current: free.data ?? suggest(schema, 'current'), instance: suggest(schema, 'instance') };
  // Most restore beside the original: that is chosen until something else is, and holds with the first Continue.
  const chosen = draft.destination ? draft : withDestination(draft, 'current', suggestions);

  const next = async () => {
    setAsking(true);
    const facts = here ? { ...known, inUse: await ask(chosen) } : known;
    setAsking(false);
    if (!isDone(step, chosen, facts)) {
      setTried(step);
      // Once the problems are shown.
      requestAnimationFrame(() => (body.current?.querySelector<HTMLElement>('[aria-invalid="true"]') ?? body.current?.querySelector('input'))?.focus());
      return;
    }
    setTried(null);
    change(chosen);
    void navigate({ search: { step: STEPS[STEPS.indexOf(step) + 1] ?? 'review' } });
  };
  const before = STEPS[STEPS.indexOf(step) - 1];
  const back = before ? (
    <Button onClick={() => void navigate({ search: { step: before } })}>
      <FormattedMessage id="wizard.back" defaultMessage="Back" />
    </Button>
  ) : null;

  return (
    <div className={styles.pane}>
      <Stepper current={step} backupId={backup.id} reachable={(s) => allowedStep(s, draft, { ...known, inUse }) === s} />
      <StepHeading step={step} />
      {step === 'review' ? (
        <div className={styles.body}>
          <ReviewStep backup={backup} draft={draft} change={change} wish={wishOf(backup.id, draft, known)} session={session.data} back={back} onStarted={clear} />
        </div>
      ) : (
        <>
          <div ref={body} className={styles.body}>
            {/* The form of a new instance is a form of its own, which cannot stand inside another one. */}
            {step === 'target' && draft.destination === 'instance' ? <TargetInstance draft={draft} change={change} problem={problems.targetId} /> : null}
            <form
              id={formId}
              noValidate
              className={styles.body}
              onSubmit={(event) => {
                event.preventDefault();
                void next();
              }}
            >
              {step === 'destination' ? <DestinationStep draft={chosen} onChoose={(to) => change(withDestination(draft, to, suggestions))} session={session.data} /> : null}
              {step === 'target' ? <TargetStep draft={draft} change={change} problems={problems} inUse={inUse} /> : null}
              {step === 'options' ? <OptionsStep backup={backup} draft={draft} change={change} problems={problems} /> : null}
            </form>
          </div>
          <div className={styles.footer}>
            {back}
            <div className={styles.forward}>
              <Button type="submit" form={formId} appearance="primary" isLoading={asking}>
                {intl.formatMessage({ id: 'wizard.continue', defaultMessage: 'Continue' })}
              </Button>
            </div>
          </div>
        </>
      )}
    </div>
  );
}

const headingId = 'wizard-step';
const formId = 'wizard-form';

function StepHeading({ step }: { step: Step }) {
  const intl = useIntl();
  return (
    <div id={headingId} tabIndex={-1} className={styles.heading}>
      <Heading as="h2" size="medium">
        {intl.formatMessage(stepNames[step])}
      </Heading>
    </div>
  );
}

/** Another step moves the focus to its heading, as another page would. */
function useFocusOnStep(step: Step) {
  const was = useRef(step);
  useEffect(() => {
    if (was.current !== step) document.getElementById(headingId)?.focus();
    was.current = step;
  }, [step]);
}
