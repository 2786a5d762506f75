import type { ReactNode } from 'react';
import { IntlProvider } from 'react-intl';
import messages from './en.json';

/**
 * The texts of the app. English is the only language yet, so dates and numbers follow the user's own kind of English,
 * or the plain one: a page in two languages reads worse than one.
 */
export function Translations({ locale, timeZone, children }: { locale: string; timeZone: string; children: ReactNode }) {
  return (
    <IntlProvider locale={/^en(-|$)/i.test(locale) ? locale : 'en-GB'} defaultLocale="en" messages={messages} timeZone={timeZone}>
      {children}
    </IntlProvider>
  );
}
