import Button from '@atlaskit/button/new';
import Heading from '@atlaskit/heading';
import SectionMessage from '@atlaskit/section-message';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Backup, type Schema, useApi, useSession } from '../../api';
import { Loading, Page, Problem, Section, When } from '../../components/ui';
import { backupQuery, schemaQuery } from '../backups/data';
import { historyReady, IssuesInfo, PhaseStatus } from '../backups/PhaseStatus';
import { Facts } from '../restores/Facts';
import { takenQuery, targetsQuery } from './data';
import { DestinationStep } from './DestinationStep';
import { allowedStep, isDone, type Known, problemsOf, type Step, STEPS, suggestKey, suggestName, wishOf } from './draft';
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
        <aside className={styles.aside} aria-label={intl.formatMessage({ id: 'wizard.backup', defaultMessage: 'Selected backup' })}>
          <BackupInformation backup={backup.data} schema={schema.data} />
        </aside>
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
    <Section title={intl.formatMessage({ id: 'wizard.backup', defaultMessage: 'Selected backup' })}>
      <Facts
        stacked
        items={[
          [<FormattedMessage key="s" id="wizard.backup.schema" defaultMessage="Schema" />, `${schema.name} (${schema.key})`],
          [<FormattedMessage key="i" id="wizard.backup.id" defaultMessage="Backup ID" />, intl.formatNumber(backup.number)],
          [<FormattedMessage key="d" id="backups.column.date" defaultMessage="Backup date" />, <When key="dv" at={backup.finishedAt ?? backup.createdAt} />],
          [<FormattedMessage key="o" id="backups.column.objects" defaultMessage="Objects" />, intl.formatNumber(backup.objects)],
          [<FormattedMessage key="ot" id="wizard.backup.types" defaultMessage="Object types" />, intl.formatNumber(backup.objectTypes.length)],
          [
            <FormattedMessage key="t" id="backups.column.type" defaultMessage="Type" />,
            backup.trigger === 'Scheduled' ? (
              <FormattedMessage key="tv" id="backups.type.scheduled" defaultMessage="Scheduled" />
            ) : (
              <FormattedMessage key="tv" id="backups.type.manual" defaultMessage="Manual" />
            ),
          ],
          [<FormattedMessage key="h" id="backups.column.history" defaultMessage="History status" />, <PhaseStatus key="hv" backup={backup} name="history" />],
          [
            <FormattedMessage key="oi" id="backups.column.issues" defaultMessage="Objects in issues status" />,
            <span key="oiv">
              <PhaseStatus backup={backup} name="issues" /> <IssuesInfo backup={backup} />
            </span>,
          ],
          [<FormattedMessage key="de" id="backups.description" defaultMessage="Description" />, backup.description],
        ]}
      />
    </Section>
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
  const taken = useQuery(takenQuery(api));
  const targets = useQuery({ ...targetsQuery(api), enabled: draft.destination === 'instance' });
  const body = useRef<HTMLDivElement>(null);

  const known: Known = { historyReady: historyReady(backup), targets: targets.data?.items.map((t) => t.id), taken: taken.data };
  const step = allowedStep(search.step, draft, known);
  const problems = tried === step ? problemsOf(step, draft, known) : {};
  useFocusOnStep(step);

  // The address follows when it asked for a step that cannot be shown yet.
  useEffect(() => {
    if (search.step && search.step !== step) void navigate({ search: { step }, replace: true });
  }, [search.step, step, navigate]);

  if (!session.data) return null;

  const choose = (destination: 'current' | 'instance') => {
    const inUse = taken.data ?? [];
    // Names that nobody changed follow the destination; on another instance the old ones are free.
    const untouched = (text: string, suggest: typeof suggestName, source: string) => !text || (draft.destination !== null && text === suggest(source, draft.destination, inUse));
    change({
      destination,
      ...(untouched(draft.schemaName, suggestName, schema.name) ? { schemaName: suggestName(schema.name, destination, inUse) } : {}),
      ...(untouched(draft.schemaKey, suggestKey, schema.key) ? { schemaKey: suggestKey(schema.key, destination, inUse) } : {}),
    });
  };

  const next = () => {
    if (!isDone(step, draft, known)) {
      setTried(step);
      // Once the problems are shown.
      requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('[aria-invalid="true"], input')?.focus());
      return;
    }
    setTried(null);
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
      <Stepper current={step} backupId={backup.id} reachable={(s) => allowedStep(s, draft, known) === s} />
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
                next();
              }}
            >
              {step === 'destination' ? <DestinationStep draft={draft} onChoose={choose} problems={problems} session={session.data} /> : null}
              {step === 'target' ? <TargetStep draft={draft} change={change} problems={problems} taken={taken.data ?? []} /> : null}
              {step === 'options' ? <OptionsStep backup={backup} draft={draft} change={change} problems={problems} /> : null}
            </form>
          </div>
          <div className={styles.footer}>
            {back}
            <div className={styles.forward}>
              <Button type="submit" form={formId} appearance="primary">
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
