import type { IntlShape } from 'react-intl';

import type { Problem } from './draft';

/** What is wrong with a field, and what to do. */
export function sayProblem(intl: IntlShape, problem: Problem): string {
  switch (problem) {
    case 'target-missing':
      return intl.formatMessage({ id: 'wizard.problem.target', defaultMessage: 'Choose the target instance, or add a new one.' });
    case 'target-gone':
      return intl.formatMessage({ id: 'wizard.problem.targetGone', defaultMessage: 'This instance was removed from the list. Choose another one.' });
    case 'name-missing':
      return intl.formatMessage({ id: 'wizard.problem.name', defaultMessage: 'Give the new schema a name.' });
    case 'name-forbidden':
      return intl.formatMessage({ id: 'wizard.problem.nameForbidden', defaultMessage: 'Assets refuses the characters = ; : ? . " in the name of a schema. Leave them out.' });
    case 'name-long':
      return intl.formatMessage({ id: 'wizard.problem.nameLong', defaultMessage: 'Assets takes names of up to 254 characters. Shorten it.' });
    case 'name-taken':
      return intl.formatMessage({ id: 'wizard.problem.nameTaken', defaultMessage: 'A schema of this name exists. Choose another name: it must be unique. If it was deleted in Assets meanwhile, sync the schemas first.' });
    case 'key-missing':
      return intl.formatMessage({ id: 'wizard.problem.key', defaultMessage: 'Give the new schema a key.' });
    case 'key-characters':
      return intl.formatMessage({ id: 'wizard.problem.keyCharacters', defaultMessage: 'A key has capital letters A to Z and digits only.' });
    case 'key-start':
      return intl.formatMessage({ id: 'wizard.problem.keyStart', defaultMessage: 'A key begins with a letter.' });
    case 'key-length':
      return intl.formatMessage({ id: 'wizard.problem.keyLength', defaultMessage: 'A key has 2 to 20 characters.' });
    case 'key-taken':
      return intl.formatMessage({ id: 'wizard.problem.keyTaken', defaultMessage: 'A schema with this key exists. Choose another key: it must be unique. If it was deleted in Assets meanwhile, sync the schemas first.' });
    case 'types-none':
      return intl.formatMessage({ id: 'wizard.problem.types', defaultMessage: 'Select at least one object type, or restore them all.' });
  }
}
