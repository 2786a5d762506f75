import Lozenge from '@atlaskit/lozenge';
import ProgressBar, { SuccessProgressBar } from '@atlaskit/progress-bar';
import CheckCircleIcon from '@atlaskit/icon/core/check-circle';
import CheckCircleUncheckedIcon from '@atlaskit/icon/core/check-circle-unchecked';
import WarningIcon from '@atlaskit/icon/core/warning';
import Spinner from '@atlaskit/spinner';
import type { ReactNode } from 'react';
import { FormattedMessage, type IntlShape, useIntl } from 'react-intl';

import { isActive, type Run } from '../../api';
import { fraction, readableRate, type Span, spanLeft } from './format';
import { currentStage, overall } from './overall';
import styles from './RunProgress.module.css';

/** A span of time in words. */
export function sayLeft(intl: IntlShape, span: Span): string {
  switch (span.unit) {
    case 'moment':
      return intl.formatMessage({ id: 'progress.left.moment', defaultMessage: 'a few seconds left' });
    case 'seconds':
      return intl.formatMessage({ id: 'progress.left.seconds', defaultMessage: 'about {n, plural, one {# second} other {# seconds}} left' }, { n: span.seconds });
    case 'minutes':
      return intl.formatMessage({ id: 'progress.left.minutes', defaultMessage: 'about {n, plural, one {# minute} other {# minutes}} left' }, { n: span.minutes });
    case 'hours':
      return intl.formatMessage(
        { id: 'progress.left.hours', defaultMessage: 'about {h, plural, one {# hour} other {# hours}}{m, plural, =0 {} one { # minute} other { # minutes}} left' },
        { h: span.hours, m: span.minutes },
      );
  }
}

/** How fast a run works. */
export function sayRate(intl: IntlShape, perSecond: number): string | null {
  const rate = readableRate(perSecond);
  if (!rate) return null;
  return rate.per === 'second'
    ? intl.formatMessage({ id: 'progress.rate.second', defaultMessage: '{n, number} per second' }, { n: rate.value })
    : intl.formatMessage({ id: 'progress.rate.minute', defaultMessage: '{n, number} per minute' }, { n: rate.value });
}

interface ProgressProps {
  run: Run;
  label: string;
  /** What is said while the run waits. */
  waiting?: ReactNode;
  /** Nothing was heard of the run lately: how fast it goes is then not known. */
  unheard?: boolean;
}

/** The progress of a run: all of it, the stage it is in, how fast it goes and when that stage will be done. */
export function RunProgress({ run, label, waiting, unheard = false }: ProgressProps) {
  const intl = useIntl();
  const { done, total } = overall(run);
  const part = fraction(done, total);
  const stage = currentStage(run);
  const active = isActive(run);
  const moving = run.state === 'running' && !unheard;
  const rate = moving ? sayRate(intl, run.progress.rate) : null;
  const left = moving && run.progress.secondsLeft ? sayLeft(intl, spanLeft(run.progress.secondsLeft)) : null;
  const percent = part === null ? null : intl.formatNumber(part, { style: 'percent', maximumFractionDigits: part > 0.99 && part < 1 ? 1 : 0 });
  const ariaLabel = percent ? `${label}: ${percent}` : label;
  const complete = run.state === 'succeeded' || run.state === 'partial';

  return (
    <div className={styles.progress}>
      <div className={styles.line}>
        <span className={styles.stage}>
          {run.state === 'queued' ? (
            (waiting ?? <FormattedMessage id="progress.queued" defaultMessage="Waiting in the queue" />)
          ) : stage && !complete ? (
            stage.place > 0 && run.stages.length > 1 ? (
              <FormattedMessage
                id="progress.stage"
                defaultMessage="{name} <small>stage {place, number} of {all, number}</small>"
                values={{ name: stage.name, place: stage.place, all: run.stages.length, small: (text) => <span className={styles.subtle}>{text}</span> }}
              />
            ) : (
              stage.name
            )
          ) : null}
        </span>
        <span className={styles.percent}>{percent}</span>
      </div>
      {complete ? (
        <SuccessProgressBar value={1} ariaLabel={ariaLabel} />
      ) : (
        <ProgressBar value={part ?? 0} isIndeterminate={active && part === null && run.state !== 'queued'} ariaLabel={ariaLabel} />
      )}
      {active ? (
        <p className={styles.facts}>
          {run.progress.total > 0 && run.state !== 'queued' ? (
            <span>
              <FormattedMessage id="progress.of" defaultMessage="{done, number} of {total, number}" values={{ done: run.progress.done, total: run.progress.total }} />
            </span>
          ) : null}
          {rate ? <span>{rate}</span> : null}
          {left ? <span>{run.stages.length > 1 ? <FormattedMessage id="progress.leftInStage" defaultMessage="{left} in this stage" values={{ left }} /> : left}</span> : null}
        </p>
      ) : null}
    </div>
  );
}

/** The stages of a run in their order, each with its counts. */
export function StageList({ run }: { run: Run }) {
  const intl = useIntl();
  return (
    <ol className={styles.stages} aria-label={intl.formatMessage({ id: 'progress.stages', defaultMessage: 'Stages' })}>
      {run.stages.map((stage) => {
        const state = stage.state === 'running' ? present(run) : stage.state;
        return (
          <li key={stage.name} className={styles[state]} aria-current={stage.state === 'running' ? 'step' : undefined}>
            <span className={styles.mark}>
              <StageMark state={state} />
            </span>
            <span className={styles.name}>{stage.name}</span>
            <span className={styles.count}>
              {stage.total > 0 ? (
                <FormattedMessage id="progress.count" defaultMessage="{done, number} / {total, number}" values={{ done: stage.done, total: stage.total }} />
              ) : stage.done > 0 ? (
                intl.formatNumber(stage.done)
              ) : state === 'done' ? (
                <FormattedMessage id="progress.nothing" defaultMessage="nothing to do" />
              ) : null}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

type StageState = 'pending' | 'running' | 'waiting' | 'ended' | 'done';

/** What the stage a run has reached is doing: it waits with a run that waits, and ends with one that ends. */
function present(run: Run): StageState {
  if (!isActive(run)) return 'ended';
  return run.state === 'running' || run.state === 'stopping' ? 'running' : 'waiting';
}

function StageMark({ state }: { state: StageState }) {
  const intl = useIntl();
  switch (state) {
    case 'done':
      return <CheckCircleIcon label={intl.formatMessage({ id: 'progress.done', defaultMessage: 'done' })} color="var(--ds-icon-success)" />;
    case 'running':
      return <Spinner size="small" label={intl.formatMessage({ id: 'progress.running', defaultMessage: 'in progress' })} />;
    case 'waiting':
      return <CheckCircleUncheckedIcon label={intl.formatMessage({ id: 'progress.waiting', defaultMessage: 'waiting' })} color="var(--ds-icon)" />;
    case 'ended':
      return <WarningIcon label={intl.formatMessage({ id: 'progress.ended', defaultMessage: 'ended here' })} color="var(--ds-icon-warning)" />;
    case 'pending':
      return <CheckCircleUncheckedIcon label={intl.formatMessage({ id: 'progress.pending', defaultMessage: 'not begun' })} color="var(--ds-icon-subtle)" />;
  }
}

/** What became of the things a run worked on. Zeroes are left out, but for what was created. */
export function Outcomes({ created, skipped, failed, warned = 0, noun }: { created: number; skipped: number; failed: number; warned?: number; noun?: ReactNode }) {
  return (
    <ul className={styles.outcomes}>
      <li>
        <Lozenge appearance="success">
          {noun ?? <FormattedMessage id="progress.created" defaultMessage="{n, number} created" values={{ n: created }} />}
        </Lozenge>
      </li>
      {failed > 0 ? (
        <li>
          <Lozenge appearance="removed">
            <FormattedMessage id="progress.failed" defaultMessage="{n, number} failed" values={{ n: failed }} />
          </Lozenge>
        </li>
      ) : null}
      {skipped > 0 ? (
        <li>
          <Lozenge appearance="moved">
            <FormattedMessage id="progress.skipped" defaultMessage="{n, number} skipped" values={{ n: skipped }} />
          </Lozenge>
        </li>
      ) : null}
      {warned > 0 ? (
        <li>
          <Lozenge appearance="moved">
            <FormattedMessage id="progress.warned" defaultMessage="{n, plural, one {# warning} other {# warnings}}" values={{ n: warned }} />
          </Lozenge>
        </li>
      ) : null}
    </ul>
  );
}
