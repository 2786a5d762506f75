import { FormattedMessage, useIntl } from 'react-intl';

import { TextInput } from '../../components/ui';
import { checkKey, checkName, type Draft, type InUse, type Problems } from './draft';
import { sayProblem } from './problems';

interface Props {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  /** What keeps the step from being left; empty until that was tried. */
  problems: Problems;
  inUse: InUse;
}

/** The name and the key of the new schema. */
export function TargetStep({ draft, change, problems, inUse }: Props) {
  const intl = useIntl();
  // What is typed is judged at once, but for a field that nobody has filled in yet.
  const name = draft.schemaName ? checkName(draft.schemaName, inUse) : problems.schemaName;
  const key = draft.schemaKey ? checkKey(draft.schemaKey, inUse) : problems.schemaKey;
  return (
    <>
      <TextInput
        label={intl.formatMessage({ id: 'wizard.name', defaultMessage: 'Schema name' })}
        name="schemaName"
        required
        autoComplete="off"
        maxLength={255}
        value={draft.schemaName}
        problem={name ? { message: sayProblem(intl, name) } : undefined}
        help={<FormattedMessage id="wizard.name.help" defaultMessage="The schema is created during the restore. Its name and its key must be unique on the target." />}
        onChange={(e) => change({ schemaName: e.currentTarget.value })}
      />
      <TextInput
        label={intl.formatMessage({ id: 'wizard.key', defaultMessage: 'Schema key' })}
        name="schemaKey"
        required
        autoComplete="off"
        maxLength={30}
        value={draft.schemaKey}
        problem={key ? { message: sayProblem(intl, key) } : undefined}
        help={<FormattedMessage id="wizard.key.help" defaultMessage="2 to 20 capital letters and digits, beginning with a letter. The keys of the restored objects begin with it." />}
        onChange={(e) => change({ schemaKey: e.currentTarget.value.toUpperCase() })}
      />
    </>
  );
}
