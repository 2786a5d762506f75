import Button from '@atlaskit/button/new';
import { Label } from '@atlaskit/form';
import Select from '@atlaskit/select';
import Textfield from '@atlaskit/textfield';
import { useId } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import styles from './BackupsPage.module.css';
import type { BackupFilter } from './filter';

/** The filters above the backups: the kind, and a day or a stretch of days. */
export function BackupFilters({ filter, onChange }: { filter: BackupFilter; onChange: (filter: BackupFilter) => void }) {
  const intl = useIntl();
  const id = useId();
  const kinds = [
    { value: '' as const, label: intl.formatMessage({ id: 'backups.filter.all', defaultMessage: 'All types' }) },
    { value: 'Manual' as const, label: intl.formatMessage({ id: 'backups.type.manual', defaultMessage: 'Manual' }) },
    { value: 'Scheduled' as const, label: intl.formatMessage({ id: 'backups.type.scheduled', defaultMessage: 'Scheduled' }) },
  ];
  return (
    <div className={styles.filters} role="group" aria-label={intl.formatMessage({ id: 'backups.filter', defaultMessage: 'Filter backups' })}>
      <div className={styles.kind}>
        <Label htmlFor={`${id}-kind`}>
          <FormattedMessage id="backups.filter.type" defaultMessage="Backup type" />
        </Label>
        <Select
          inputId={`${id}-kind`}
          options={kinds}
          value={kinds.find((k) => k.value === (filter.trigger ?? ''))}
          isSearchable={false}
          spacing="compact"
          onChange={(kind) => onChange({ ...filter, trigger: kind?.value || undefined })}
        />
      </div>
      <div className={styles.day}>
        <Label htmlFor={`${id}-from`}>
          <FormattedMessage id="backups.filter.from" defaultMessage="From" />
        </Label>
        <Textfield
          id={`${id}-from`}
          type="date"
          isCompact
          max={filter.to}
          value={filter.from ?? ''}
          onChange={(e) => onChange({ ...filter, from: e.currentTarget.value || undefined })}
        />
      </div>
      <div className={styles.day}>
        <Label htmlFor={`${id}-to`}>
          <FormattedMessage id="backups.filter.to" defaultMessage="To" />
        </Label>
        <Textfield id={`${id}-to`} type="date" isCompact min={filter.from} value={filter.to ?? ''} onChange={(e) => onChange({ ...filter, to: e.currentTarget.value || undefined })} />
      </div>
      {filter.trigger || filter.from || filter.to ? (
        <Button appearance="subtle" onClick={() => onChange({})}>
          <FormattedMessage id="backups.filter.clear" defaultMessage="Clear Filter" />
        </Button>
      ) : null}
    </div>
  );
}
