import Lozenge from '@atlaskit/lozenge';
import type { ReactNode } from 'react';
import { defineMessages, FormattedMessage, useIntl } from 'react-intl';

import type { Restore } from '../../api';
import { ExternalLink } from '../../components/ui';
import { hasSchema, type Place, statusOf, type StatusWord } from './status';

const statusNames: Record<StatusWord, { id: string; defaultMessage: string }> = defineMessages({
  'Restore pending': { id: 'restores.status.pending', defaultMessage: 'Restore pending' },
  'Restore in progress': { id: 'restores.status.running', defaultMessage: 'Restore in progress' },
  'In progress': { id: 'restores.status.inProgress', defaultMessage: 'In progress' },
  Stopping: { id: 'restores.status.stopping', defaultMessage: 'Stopping' },
  'Restore completed': { id: 'restores.status.completed', defaultMessage: 'Restore completed' },
  'Restore completed with errors': { id: 'restores.status.completedWithErrors', defaultMessage: 'Restore completed with errors' },
  'Restore terminated': { id: 'restores.status.terminated', defaultMessage: 'Restore terminated' },
  'Restore Error': { id: 'restores.status.Error', defaultMessage: 'Restore Error' },
  'Restore error': { id: 'restores.status.error', defaultMessage: 'Restore error' },
});

/** The status of a restore in the words of the page it stands on. */
export function StatusLozenge({ state, place }: { state: string; place: Place }) {
  const intl = useIntl();
  const { word, tone } = statusOf(state, place);
  return (
    <Lozenge appearance={tone} maxWidth="none">
      {intl.formatMessage(statusNames[word])}
    </Lozenge>
  );
}

/** What kind of destination a restore has. */
export function DestinationName({ restore }: { restore: Pick<Restore, 'destination'> }) {
  switch (restore.destination) {
    case 'current':
      return <FormattedMessage id="restores.destination.current" defaultMessage="Current instance" />;
    case 'existing':
      return <FormattedMessage id="restores.destination.existing" defaultMessage="Existing schema" />;
    default:
      return <FormattedMessage id="restores.destination.instance" defaultMessage="Another instance" />;
  }
}

/** The restored schema: a link to Assets once it is there to be looked at. */
export function TargetSchema({ restore }: { restore: Restore }) {
  const { schemaName, schemaKey, url } = restore.target;
  const name = `${schemaName} (${schemaKey})`;
  return hasSchema(restore) && url ? (
    <ExternalLink href={url} assets>
      {name}
    </ExternalLink>
  ) : (
    <>{name}</>
  );
}

/** The schema that was backed up, as a link where it is still known where it was. */
export function SourceSchema({ restore }: { restore: Restore }) {
  const { name, key, url } = restore.source;
  const text = `${name} (${key})`;
  return url ? (
    <ExternalLink href={url} assets>
      {text}
    </ExternalLink>
  ) : (
    <>{text}</>
  );
}

/** Where a restore goes: the name of the target instance, if it has one, and the address of its site. */
export function placeOf({ name, siteUrl }: Restore['target']): string {
  const site = siteUrl.replace(/^https?:\/\//, '').replace(/\/$/, '');
  return name && name !== site ? `${name} · ${site}` : site;
}

/** YES or NO, as the boxes of a restore say it. */
export function YesNo({ yes }: { yes: boolean }) {
  return yes ? <FormattedMessage id="restores.yes" defaultMessage="YES" /> : <FormattedMessage id="restores.no" defaultMessage="NO" />;
}

/** Something that is not there, said instead of shown as a hole. */
export function NotAvailable(): ReactNode {
  return <FormattedMessage id="restores.na" defaultMessage="N/A" />;
}
