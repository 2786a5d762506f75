import { Checkbox } from '@atlaskit/checkbox';
import { type ReactNode, useId } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import type { Backup } from '../../api';
import { ObjectTypeTree } from '../../components/tree/ObjectTypeTree';
import { historyMinutes } from '../../components/progress/format';
import { historyReady, phaseOf } from '../backups/PhaseStatus';
import { Choice } from './Choice';
import type { Draft, Problems } from './draft';
import { sayProblem } from './problems';
import styles from './Wizard.module.css';

interface Props {
  backup: Backup;
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  problems: Problems;
}

/** What is restored, and how. */
export function OptionsStep({ backup, draft, change, problems }: Props) {
  const intl = useIntl();
  const id = useId();
  const elsewhere = draft.destination === 'instance';
  const ready = historyReady(backup);
  return (
    <>
      <div className={styles.group}>
        <Option
          label={intl.formatMessage({ id: 'wizard.types', defaultMessage: 'Restore specific Object Types' })}
          checked={draft.chooseTypes}
          onChange={(chooseTypes) => change({ chooseTypes })}
          help={
            draft.chooseTypes ? (
              <FormattedMessage
                id="wizard.types.help"
                defaultMessage="The parents of what you select are restored with it. Attributes that refer to an object type which is not restored are left out."
              />
            ) : (
              <FormattedMessage
                id="wizard.types.all"
                defaultMessage="All {types, plural, one {# object type} other {# object types}} with {objects, plural, one {# object} other {# objects}} are restored."
                values={{ types: backup.objectTypes.length, objects: backup.objects }}
              />
            )
          }
        />
        {draft.chooseTypes ? (
          <>
            <ObjectTypeTree
              types={backup.objectTypes}
              selected={new Set(draft.types)}
              onChange={(types) => change({ types: [...types] })}
              describedBy={problems.types ? `${id}-types` : undefined}
            />
            {problems.types ? (
              <p id={`${id}-types`} role="alert" className={styles.problem}>
                {sayProblem(intl, problems.types)}
              </p>
            ) : null}
          </>
        ) : null}
      </div>

      {elsewhere ? (
        <Option
          label={intl.formatMessage({ id: 'wizard.icons', defaultMessage: 'Restore with Object Type global custom icons' })}
          checked={draft.icons}
          onChange={(icons) => change({ icons })}
          help={
            <FormattedMessage
              id="wizard.icons.help"
              defaultMessage="Custom icons that the target lacks are uploaded; objects get the icon of their object type. This takes longer. Pictures of single objects cannot be restored."
            />
          }
        />
      ) : null}

      <Option
        label={intl.formatMessage({ id: 'wizard.history', defaultMessage: 'Restore object history' })}
        checked={ready && draft.history}
        disabled={!ready}
        onChange={(history) => change({ history })}
        help={ready ? <HistoryHelp backup={backup} /> : <HistoryReason backup={backup} />}
      />

      <Choice
        legend={intl.formatMessage({ id: 'wizard.users', defaultMessage: 'When some users of an attribute do not exist on the target' })}
        name="users"
        value={draft.users}
        onChange={(users) => change({ users })}
        options={[
          {
            value: 'all-or-nothing',
            label: intl.formatMessage({ id: 'wizard.users.all', defaultMessage: 'Leave the attribute empty' }),
            help: <FormattedMessage id="wizard.users.all.help" defaultMessage="All users of the attribute are restored, or none. What is left out stands in the log." />,
          },
          {
            value: 'partial',
            label: intl.formatMessage({ id: 'wizard.users.partial', defaultMessage: 'Restore the users that exist' }),
            help: <FormattedMessage id="wizard.users.partial.help" defaultMessage="Only the missing ones are left out. They stand in the log." />,
          },
        ]}
      />
      <Choice
        legend={intl.formatMessage({ id: 'wizard.match', defaultMessage: 'How users are found on the target' })}
        name="matchUsers"
        value={draft.matchUsers}
        onChange={(matchUsers) => change({ matchUsers })}
        options={[
          {
            value: 'name',
            label: intl.formatMessage({ id: 'wizard.match.name', defaultMessage: 'By full name' }),
            help: <FormattedMessage id="wizard.match.name.help" defaultMessage="A name that several accounts carry is not restored." />,
          },
          {
            value: 'account',
            label: intl.formatMessage({ id: 'wizard.match.account', defaultMessage: 'By full name, then by account' }),
            help: <FormattedMessage id="wizard.match.account.help" defaultMessage="The account tells people of the same name apart." />,
          },
        ]}
      />
    </>
  );
}

function Option({ label, checked, disabled = false, onChange, help }: { label: string; checked: boolean; disabled?: boolean; onChange: (checked: boolean) => void; help: ReactNode }) {
  const id = useId();
  return (
    <div>
      <Checkbox label={label} isChecked={checked} isDisabled={disabled} aria-describedby={id} onChange={(e) => onChange(e.currentTarget.checked)} />
      <p id={id} className={styles.optionHelp}>
        {help}
      </p>
    </div>
  );
}

function HistoryHelp({ backup }: { backup: Backup }) {
  const failed = phaseOf(backup, 'history')?.failed ?? 0;
  return (
    <FormattedMessage
      id="wizard.history.help"
      defaultMessage="The history is written into a new attribute OBJECT_HISTORY of each object: its latest actions, up to 10,000 characters, with times in CET (UTC+2).{failed, plural, =0 {} one { The history of # object could not be backed up.} other { The history of # objects could not be backed up.}}"
      values={{ failed }}
    />
  );
}

/** Why the history cannot be restored yet, or at all. */
function HistoryReason({ backup }: { backup: Backup }) {
  const phase = phaseOf(backup, 'history');
  if (!phase) return <FormattedMessage id="wizard.history.none" defaultMessage="This backup was made without the history of its objects." />;
  if (phase.state === 'unsupported') return <FormattedMessage id="wizard.history.unsupported" defaultMessage="The site did not offer the history of its objects when this backup was made." />;
  return (
    <FormattedMessage
      id="wizard.history.wait"
      defaultMessage="The history is still being backed up{total, plural, =0 {} other {: {done, number} of # objects}}. It takes about {minutes, plural, one {# minute} other {# minutes}} after the objects (5 minutes plus 1 per 1,000 objects). This option opens by itself when it is complete."
      values={{ total: phase.total, done: phase.done, minutes: historyMinutes(backup.objects) }}
    />
  );
}
