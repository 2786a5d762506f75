import { Label } from '@atlaskit/form';
import Select from '@atlaskit/select';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { type Target, useApi } from '../../api';
import { Loading, Problem, Section } from '../../components/ui';
import { TargetForm } from '../targets/TargetForm';
import { targetsQuery } from './data';
import type { Draft, Problem as ProblemName } from './draft';
import { sayProblem } from './problems';
import styles from './Wizard.module.css';

/** The value of the entry that opens the form. */
const NEW = '';

interface Entry {
  value: string;
  label: string;
  url: string;
}

const entryOf = (t: Target): Entry => ({ value: t.id, label: t.name, url: t.url });

/** The target instance, by name and address, or a new one. */
export function TargetInstance({ draft, change, problem: found }: { draft: Draft; change: (change: Partial<Draft>) => void; problem: ProblemName | undefined }) {
  const intl = useIntl();
  const id = useId();
  const targets = useQuery(targetsQuery(useApi()));
  const [adding, setAdding] = useState(false);
  const saveFirst = adding ? intl.formatMessage({ id: 'wizard.target.saveFirst', defaultMessage: 'Save the new target instance, or choose one from the list.' }) : undefined;
  const problem = found ? (saveFirst ?? sayProblem(intl, found)) : undefined;

  if (targets.isPending) return <Loading />;
  if (!targets.data) return <Problem error={targets.error} onRetry={() => void targets.refetch()} busy={targets.isFetching} />;
  const fresh: Entry = { value: NEW, label: intl.formatMessage({ id: 'wizard.target.new', defaultMessage: 'New target instance' }), url: '' };
  const entries = [...targets.data.items.map(entryOf), fresh];
  const chosen = adding ? fresh : (entries.find((e) => e.value !== NEW && e.value === draft.targetId) ?? null);
  return (
    <>
      <div className={styles.field}>
        <Label htmlFor={id}>
          <FormattedMessage id="wizard.target" defaultMessage="Target instance" />
          <span aria-hidden="true" className={styles.required}>
            {' '}
            *
          </span>
        </Label>
        <Select<Entry>
          inputId={id}
          options={entries}
          value={chosen}
          isInvalid={problem !== undefined}
          aria-errormessage={problem ? `${id}-problem` : undefined}
          placeholder={intl.formatMessage({ id: 'wizard.target.choose', defaultMessage: 'Choose a target instance' })}
          filterOption={({ data }, text) => `${data.label} ${data.url}`.toLowerCase().includes(text.toLowerCase())}
          formatOptionLabel={(e) => (
            <span className={styles.entry}>
              <span>{e.label}</span>
              {e.url ? <span className={styles.help}>{e.url}</span> : null}
            </span>
          )}
          onChange={(e) => {
            setAdding(e?.value === NEW);
            if (e) change({ targetId: e.value });
          }}
        />
        {problem ? (
          <p id={`${id}-problem`} role="alert" className={styles.problem}>
            {problem}
          </p>
        ) : null}
      </div>
      {adding ? (
        <div className={styles.inset}>
          <Section title={intl.formatMessage({ id: 'wizard.target.new', defaultMessage: 'New target instance' })} level={3}>
            <TargetForm
              onSaved={(target) => {
                setAdding(false);
                change({ targetId: target.id });
                void targets.refetch();
              }}
              onCancel={() => setAdding(false)}
            />
          </Section>
        </div>
      ) : null}
    </>
  );
}
