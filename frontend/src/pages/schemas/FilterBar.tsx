import Button from '@atlaskit/button/new';
import { Label } from '@atlaskit/form';
import SearchIcon from '@atlaskit/icon/core/search';
import Select from '@atlaskit/select';
import Textfield from '@atlaskit/textfield';
import Toggle from '@atlaskit/toggle';
import { useEffect, useId, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import type { SchemaInstance } from '../../api';
import type { SchemaFilter } from './filter';
import styles from './Schemas.module.css';
import { locationName, LOCATIONS, statusName, STATUSES } from './words';

/** How long typing has to pause before it is looked for. */
const PAUSE = 250;

interface Option<V extends string> {
  label: string;
  value: V;
}

/** What the schemas are narrowed down by. "Clear Filter" is there when anything is. */
export function FilterBar({ filter, instances, onChange }: { filter: SchemaFilter; instances: readonly SchemaInstance[]; onChange: (filter: SchemaFilter) => void }) {
  const intl = useIntl();
  const id = useId();
  const [typed, setTyped] = useState(filter.q ?? '');
  const pause = useRef<ReturnType<typeof setTimeout>>();
  const any = typed !== '' || Object.values(filter).some((value) => value !== undefined);

  // The address may change without anything being typed, by Back or by a link; what was typed here is not taken back.
  const [known, setKnown] = useState(filter.q);
  if (known !== filter.q) {
    setKnown(filter.q);
    setTyped(filter.q ?? '');
  }
  useEffect(() => () => clearTimeout(pause.current), []);

  function change(next: SchemaFilter) {
    clearTimeout(pause.current);
    setKnown(next.q);
    onChange(next);
  }

  function search(text: string) {
    setTyped(text);
    clearTimeout(pause.current);
    pause.current = setTimeout(() => change({ ...filter, q: text.trim() || undefined }), PAUSE);
  }

  function choose(part: SchemaFilter) {
    change({ ...filter, q: typed.trim() || undefined, ...part });
  }

  function clear() {
    setTyped('');
    change({});
  }

  const all = intl.formatMessage({ id: 'filter.all', defaultMessage: 'All' });
  const places = instances.map((instance) => ({ value: instance.id, label: instance.name || instance.url }));
  if (filter.instance && !places.some((place) => place.value === filter.instance)) places.push({ value: filter.instance, label: filter.instance });

  return (
    <div role="search" aria-label={intl.formatMessage({ id: 'filter.label', defaultMessage: 'Filter the schemas' })} className={styles.filters}>
      <div className={styles.search}>
        <Label htmlFor={`${id}-q`}>
          <FormattedMessage id="filter.search" defaultMessage="Search" />
        </Label>
        <Textfield
          id={`${id}-q`}
          type="search"
          isCompact
          value={typed}
          autoComplete="off"
          placeholder={intl.formatMessage({ id: 'filter.search.hint', defaultMessage: 'Schema name' })}
          onChange={(event) => search(event.currentTarget.value)}
          elemBeforeInput={
            <span className={styles.glass}>
              <SearchIcon label="" size="small" color="var(--ds-icon-subtle)" />
            </span>
          }
        />
      </div>
      <Choice
        label={intl.formatMessage({ id: 'filter.instances', defaultMessage: 'Instances' })}
        all={all}
        options={places}
        value={filter.instance}
        onChange={(instance) => choose({ instance })}
      />
      <Choice
        label={intl.formatMessage({ id: 'filter.location', defaultMessage: 'Instance type' })}
        all={all}
        options={LOCATIONS.map((value) => ({ value, label: locationName(intl, value) }))}
        value={filter.location}
        onChange={(location) => choose({ location })}
      />
      <Choice
        label={intl.formatMessage({ id: 'filter.status', defaultMessage: 'Status' })}
        all={all}
        options={STATUSES.map((value) => ({ value, label: statusName(intl, value) }))}
        value={filter.status}
        onChange={(status) => choose({ status })}
      />
      <div className={styles.toggle}>
        <Toggle id={`${id}-hide`} isChecked={filter.hideDeleted ?? false} onChange={(event) => choose({ hideDeleted: event.currentTarget.checked || undefined })} />
        <label htmlFor={`${id}-hide`}>
          <FormattedMessage id="filter.hideDeleted" defaultMessage="Hide deleted schema" />
        </label>
      </div>
      {any ? (
        <Button appearance="subtle" onClick={clear}>
          <FormattedMessage id="filter.clear" defaultMessage="Clear Filter" />
        </Button>
      ) : null}
    </div>
  );
}

function Choice<V extends string>({
  label,
  all,
  options,
  value,
  onChange,
}: {
  label: string;
  all: string;
  options: readonly Option<V>[];
  value: V | undefined;
  onChange: (value: V | undefined) => void;
}) {
  const id = useId();
  return (
    <div className={styles.choice}>
      <Label htmlFor={id}>{label}</Label>
      <Select<Option<V>>
        inputId={id}
        options={options}
        value={options.find((option) => option.value === value) ?? null}
        onChange={(option) => onChange(option?.value)}
        placeholder={all}
        isClearable
        isSearchable={false}
        spacing="compact"
      />
    </div>
  );
}
