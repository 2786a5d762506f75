import CheckMarkIcon from '@atlaskit/icon/core/check-mark';
import { Link } from '@tanstack/react-router';
import { defineMessages, useIntl } from 'react-intl';

import { type Step, STEPS } from './draft';
import styles from './Wizard.module.css';

export const stepNames = defineMessages({
  destination: { id: 'wizard.step.destination', defaultMessage: 'Destination' },
  target: { id: 'wizard.step.target', defaultMessage: 'Target' },
  options: { id: 'wizard.step.options', defaultMessage: 'Options' },
  review: { id: 'wizard.step.review', defaultMessage: 'Review' },
});

/** The steps of the wizard. Those that can be shown are links. */
export function Stepper({ current, reachable, backupId }: { current: Step; reachable: (step: Step) => boolean; backupId: string }) {
  const intl = useIntl();
  const at = STEPS.indexOf(current);
  return (
    <nav aria-label={intl.formatMessage({ id: 'wizard.steps', defaultMessage: 'Steps of the restore' })}>
      <ol className={styles.steps}>
        {STEPS.map((step, i) => {
          const name = intl.formatMessage(stepNames[step]);
          const mark = <span className={styles.mark}>{i < at ? <CheckMarkIcon label="" size="small" /> : i + 1}</span>;
          const done = i < at ? styles.done : undefined;
          return (
            <li key={step} className={step === current ? styles.current : done} aria-current={step === current ? 'step' : undefined}>
              {step !== current && reachable(step) ? (
                <Link to="/restore/$backupId" params={{ backupId }} search={{ step }} className={styles.step}>
                  {mark}
                  <span>{name}</span>
                </Link>
              ) : (
                <span className={styles.step}>
                  {mark}
                  <span>{name}</span>
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
