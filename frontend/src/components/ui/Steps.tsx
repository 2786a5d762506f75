import CheckMarkIcon from '@atlaskit/icon/core/check-mark';
import { FormattedMessage } from 'react-intl';
import styles from './Steps.module.css';

/** The steps of something that is done in order: those done, the present one, and those to come. */
export function Steps({ label, steps, current }: { label: string; steps: readonly string[]; current: number }) {
  return (
    <ol className={styles.steps} aria-label={label}>
      {steps.map((step, index) => (
        <li key={step} className={styles.step} aria-current={index === current ? 'step' : undefined} data-done={index < current || undefined}>
          <span className={styles.mark} aria-hidden="true">
            {index < current ? <CheckMarkIcon label="" size="small" /> : index + 1}
          </span>
          <span>{step}</span>
          {index < current ? (
            <span className={styles.hidden}>
              <FormattedMessage id="steps.done" defaultMessage="(done)" />
            </span>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
