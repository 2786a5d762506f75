import type { IntlShape } from 'react-intl';
import type { Schema } from '../../api';

export const LOCATIONS = ['Cloud', 'Another Cloud', 'Data Center'] as const satisfies readonly Schema['location'][];
export const STATUSES = ['Active', 'Inactive', 'Deleted', 'Sync Error'] as const satisfies readonly Schema['status'][];

export function locationName(intl: IntlShape, location: Schema['location']): string {
  switch (location) {
    case 'Cloud':
      return intl.formatMessage({ id: 'schemas.location.cloud', defaultMessage: 'Cloud' });
    case 'Another Cloud':
      return intl.formatMessage({ id: 'schemas.location.another', defaultMessage: 'Another Cloud' });
    case 'Data Center':
      return intl.formatMessage({ id: 'schemas.location.dataCenter', defaultMessage: 'Data Center' });
  }
}

export function statusName(intl: IntlShape, status: Schema['status']): string {
  switch (status) {
    case 'Active':
      return intl.formatMessage({ id: 'schemas.status.active', defaultMessage: 'Active' });
    case 'Inactive':
      return intl.formatMessage({ id: 'schemas.status.inactive', defaultMessage: 'Inactive' });
    case 'Deleted':
      return intl.formatMessage({ id: 'schemas.status.deleted', defaultMessage: 'Deleted' });
    case 'Sync Error':
      return intl.formatMessage({ id: 'schemas.status.error', defaultMessage: 'Sync Error' });
  }
}

/** Why a schema that is not active cannot be backed up, and what to do about it. */
export function statusReason(intl: IntlShape, schema: Pick<Schema, 'status' | 'syncError'>): string | null {
  switch (schema.status) {
    case 'Active':
      return null;
    case 'Inactive':
      return intl.formatMessage({ id: 'schemas.reason.inactive', defaultMessage: 'Its instance was removed from the list. Its backups can still be restored.' });
    case 'Deleted':
      return intl.formatMessage({ id: 'schemas.reason.deleted', defaultMessage: 'Deleted from Assets. Its backups can still be restored.' });
    case 'Sync Error':
      return schema.syncError || intl.formatMessage({ id: 'schemas.reason.error', defaultMessage: 'The last sync could not read it. Sync again.' });
  }
}
