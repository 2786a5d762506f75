import Tooltip from '@atlaskit/tooltip';
import { type IntlShape, useIntl } from 'react-intl';
import styles from './When.module.css';

/** A moment in the user's own time zone, daylight saving included. */
export function formatWhen(intl: IntlShape, at: string): string {
  return intl.formatDate(at, { dateStyle: 'medium', timeStyle: 'short' });
}

/** The same moment in UTC, with the name of the zone. */
export function formatUtc(intl: IntlShape, at: string): string {
  return `${intl.formatDate(at, { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })} UTC`;
}

/** A moment in the user's time, with UTC under the pointer. Where UTC matters, `formatUtc` says it in words. */
export function When({ at }: { at: string }) {
  const intl = useIntl();
  const utc = formatUtc(intl, at);
  return (
    <Tooltip content={utc} tag="span">
      <time dateTime={at} className={styles.when}>
        {formatWhen(intl, at)}
      </time>
    </Tooltip>
  );
}
