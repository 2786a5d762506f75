import ErrorIcon from '@atlaskit/icon/core/error';
import WarningIcon from '@atlaskit/icon/core/warning';
import type { ReactNode } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import type { Plan } from '../../api';
import { Section } from '../../components/ui';
import { adviceFor } from './advice';
import styles from './Wizard.module.css';

type Summary = NonNullable<Plan['summary']>;
type Finding = Summary['findings'][number];

/** How many object types that are left out are named. */
const LEFT_OUT = 20;

/** What a restore would do, before anything is written: what is created, what it costs and what is bound to fail. */
export function PlanView({ summary }: { summary: Summary }) {
  const intl = useIntl();
  const { counts } = summary;
  const left = summary.unselected;
  const failures = summary.findings.filter((f) => f.severity === 'failure');
  const warnings = summary.findings.filter((f) => f.severity === 'warning');
  return (
    <div className={styles.plan}>
      <Section level={3} title={intl.formatMessage({ id: 'wizard.plan.created', defaultMessage: 'What is created' })}>
        <dl className={styles.figures}>
          <Figure name={<FormattedMessage id="wizard.plan.types" defaultMessage="Object types" />} value={intl.formatNumber(counts.objectTypes)} />
          <Figure name={<FormattedMessage id="wizard.plan.attributes" defaultMessage="Attributes" />} value={intl.formatNumber(counts.attributes)} />
          <Figure name={<FormattedMessage id="wizard.plan.objects" defaultMessage="Objects" />} value={intl.formatNumber(counts.objects)} />
          <Figure name={<FormattedMessage id="wizard.plan.references" defaultMessage="References" />} value={intl.formatNumber(counts.references)} />
          {counts.icons > 0 ? <Figure name={<FormattedMessage id="wizard.plan.icons" defaultMessage="Icons" />} value={intl.formatNumber(counts.icons)} /> : null}
          <Figure name={<FormattedMessage id="wizard.plan.calls" defaultMessage="Requests" />} value={intl.formatNumber(summary.calls)} />
          <Figure name={<FormattedMessage id="wizard.plan.time" defaultMessage="Time" />} value={<Minutes minutes={summary.minutes} />} />
        </dl>
        {counts.secondWrites > 0 ? (
          <p>
            <FormattedMessage
              id="wizard.plan.secondWrites"
              defaultMessage="{n, plural, one {# object is} other {# objects are}} written a second time, because they refer to each other."
              values={{ n: counts.secondWrites }}
            />
          </p>
        ) : null}
      </Section>

      <Section
        level={3}
        title={intl.formatMessage(
          { id: 'wizard.plan.selected', defaultMessage: '{types, plural, one {# object type} other {# object types}} with {objects, plural, one {# object} other {# objects}}' },
          { types: summary.objectTypes.length, objects: summary.objectTypes.reduce((sum, t) => sum + t.objects, 0) },
        )}
      >
        <ul className={styles.types} tabIndex={0} aria-label={intl.formatMessage({ id: 'wizard.plan.typeList', defaultMessage: 'Object types to be restored' })}>
          {summary.objectTypes.map((type) => (
            <li key={type.id}>
              <span>{type.parent ? <FormattedMessage id="wizard.plan.typeIn" defaultMessage="{name} <in>in {parent}</in>" values={{ name: type.name, parent: type.parent, in: (text) => <span className={styles.advice}>{text}</span> }} /> : type.name}</span>
              <span>{intl.formatNumber(type.objects)}</span>
            </li>
          ))}
        </ul>
        {left.length > 0 ? (
          <p className={styles.advice}>
            <FormattedMessage
              id="wizard.plan.unselected"
              defaultMessage="Left out: {names}{more, plural, =0 {} other { and # more}}"
              values={{ names: intl.formatList(left.slice(0, LEFT_OUT), { type: 'unit' }), more: Math.max(0, left.length - LEFT_OUT) }}
            />
          </p>
        ) : null}
        <details className={styles.more}>
          <summary>
            <FormattedMessage id="wizard.plan.stages" defaultMessage="Stage by stage" />
          </summary>
          <table className={styles.stageTable}>
            <thead>
              <tr>
                <th scope="col">
                  <FormattedMessage id="wizard.plan.stage" defaultMessage="Stage" />
                </th>
                <th scope="col">
                  <FormattedMessage id="wizard.plan.stage.create" defaultMessage="Create" />
                </th>
                <th scope="col">
                  <FormattedMessage id="wizard.plan.stage.keep" defaultMessage="Already there" />
                </th>
              </tr>
            </thead>
            <tbody>
              {summary.stages.map((stage) => (
                <tr key={stage.name}>
                  <th scope="row">{stage.name}</th>
                  <td>{intl.formatNumber(stage.items)}</td>
                  <td>{stage.keep > 0 ? intl.formatNumber(stage.keep) : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </Section>

      {failures.length > 0 ? (
        <Findings
          title={intl.formatMessage(
            { id: 'wizard.plan.failures', defaultMessage: 'Predicted failures: {n, plural, one {# object} other {# objects}}' },
            { n: counts.predictedFailures },
          )}
          findings={failures}
        />
      ) : null}
      {warnings.length > 0 ? <Findings title={intl.formatMessage({ id: 'wizard.plan.warnings', defaultMessage: 'Warnings' })} findings={warnings} /> : null}
      {summary.findings.length === 0 ? (
        <p>
          <FormattedMessage id="wizard.plan.clean" defaultMessage="No failures are predicted." />
        </p>
      ) : null}
    </div>
  );
}

function Figure({ name, value }: { name: ReactNode; value: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** How long it takes at the documented limits. */
function Minutes({ minutes }: { minutes: number }) {
  if (minutes < 1) return <FormattedMessage id="wizard.plan.minute" defaultMessage="< 1 min" />;
  const whole = Math.ceil(minutes);
  if (whole < 120) return <FormattedMessage id="wizard.plan.minutes" defaultMessage="{n, number} min" values={{ n: whole }} />;
  return <FormattedMessage id="wizard.plan.hours" defaultMessage="{h, number} h {m, number} min" values={{ h: Math.floor(whole / 60), m: whole % 60 }} />;
}

function Findings({ title, findings }: { title: string; findings: readonly Finding[] }) {
  const intl = useIntl();
  return (
    <Section level={3} title={title}>
      <ul className={styles.findings}>
        {findings.map((f) => {
          const advice = adviceFor(intl, f.cause);
          const where = [f.objectType, f.attribute].filter(Boolean).join(' › ');
          return (
            <li key={[f.severity, f.cause, f.kind, f.objectType, f.attribute, f.message].join('|')} className={styles.finding}>
              {f.severity === 'failure' ? (
                <ErrorIcon label={intl.formatMessage({ id: 'wizard.finding.failure', defaultMessage: 'Failure' })} color="var(--ds-icon-danger)" />
              ) : (
                <WarningIcon label={intl.formatMessage({ id: 'wizard.finding.warning', defaultMessage: 'Warning' })} color="var(--ds-icon-warning)" />
              )}
              <div className={styles.findingText}>
                <p className={styles.what}>
                  {where ? `${where}: ` : ''}
                  {f.message}
                </p>
                {advice ? <p className={styles.advice}>{advice}</p> : null}
                {f.examples.length > 0 ? (
                  <details className={styles.examples}>
                    <summary>
                      <FormattedMessage
                        id="wizard.finding.examples"
                        defaultMessage="{shown, number} of {n, plural, one {# case} other {# cases}}"
                        values={{ shown: f.examples.length, n: f.total }}
                      />
                    </summary>
                    <ul>
                      {f.examples.map((example) => (
                        <li key={`${example.key}|${example.message}`}>
                          {example.key ? <code>{example.key}</code> : null} {example.message}
                        </li>
                      ))}
                    </ul>
                  </details>
                ) : f.total > 1 ? (
                  <p className={styles.advice}>
                    <FormattedMessage id="wizard.finding.total" defaultMessage="{n, plural, one {# case} other {# cases}}" values={{ n: f.total }} />
                  </p>
                ) : null}
              </div>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
