import { FormattedMessage, useIntl } from 'react-intl';

import type { Session } from '../../api';
import { Choice, type ChoiceOption } from './Choice';
import type { Draft } from './draft';

/** Where to: the current instance or another one. What this installation cannot do is not shown. */
export function DestinationStep({ draft, onChoose, session }: { draft: Draft; onChoose: (destination: 'current' | 'instance') => void; session: Session }) {
  const intl = useIntl();
  const options: ChoiceOption<'current' | 'instance'>[] = [
    {
      value: 'current',
      label: intl.formatMessage({ id: 'wizard.destination.current', defaultMessage: 'Current instance, new schema' }),
      help: (
        <FormattedMessage
          id="wizard.destination.current.help"
          defaultMessage="A new schema is created on {site}. The original schema, if it is still there, is not touched."
          values={{ site: session.tenant.displayUrl }}
        />
      ),
    },
  ];
  if (session.features.instances) {
    options.push({
      value: 'instance',
      label: intl.formatMessage({ id: 'wizard.destination.instance', defaultMessage: 'On another instance' }),
      help: <FormattedMessage id="wizard.destination.instance.help" defaultMessage="The backup is migrated into a new schema of one of your target instances." />,
    });
  }
  return (
    <Choice
      legend={intl.formatMessage({ id: 'wizard.destination', defaultMessage: 'Cloud' })}
      name="destination"
      options={options}
      value={draft.destination}
      onChange={onChoose}
    />
  );
}
