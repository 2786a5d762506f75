import Button from '@atlaskit/button/new';
import { FormattedMessage, useIntl } from 'react-intl';
import styles from './Pager.module.css';

interface PagerProps {
  /** The place of the first row shown among all rows, from 0. */
  first: number;
  /** How many rows are shown. */
  count: number;
  total: number;
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
}

/** Previous and next below a list, and which rows these are. Lists that fit on one page have none. */
export function Pager({ first, count, total, onPrevious, onNext }: PagerProps) {
  const intl = useIntl();
  if (!onPrevious && !onNext) return null;
  return (
    <nav className={styles.pager} aria-label={intl.formatMessage({ id: 'pager.label', defaultMessage: 'Pages' })}>
      <Button onClick={onPrevious} isDisabled={!onPrevious}>
        <FormattedMessage id="pager.previous" defaultMessage="Previous" />
      </Button>
      <span role="status" className={styles.where}>
        <FormattedMessage
          id="pager.where"
          defaultMessage="{first, number}–{last, number} of {total, number}"
          values={{ first: Math.min(first + 1, total), last: first + count, total }}
        />
      </span>
      <Button onClick={onNext} isDisabled={!onNext}>
        <FormattedMessage id="pager.next" defaultMessage="Next" />
      </Button>
    </nav>
  );
}
