import { IconButton } from '@atlaskit/button/new';
import { Checkbox } from '@atlaskit/checkbox';
import ChevronDownIcon from '@atlaskit/icon/core/chevron-down';
import ChevronRightIcon from '@atlaskit/icon/core/chevron-right';
import CollapseVerticalIcon from '@atlaskit/icon/core/collapse-vertical';
import ExpandVerticalIcon from '@atlaskit/icon/core/expand-vertical';
import SearchIcon from '@atlaskit/icon/core/search';
import Textfield from '@atlaskit/textfield';
import { useMemo, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';

import { buildForest, countSelected, matching, type ObjectType, parents, tickOf, toggle, type TypeForest, type TypeNode } from './objectTypes';
import styles from './ObjectTypeTree.module.css';

/** From this number of types on the tree begins collapsed and can be searched. */
const MANY = 15;

interface Props {
  types: readonly ObjectType[];
  selected: ReadonlySet<string>;
  onChange: (selected: ReadonlySet<string>) => void;
  /** The id of the text that says what is wrong with the selection. */
  describedBy?: string | undefined;
}

/** The object types of a backup, to choose from: a child brings its parents, a parent everything below it. */
export function ObjectTypeTree({ types, selected, onChange, describedBy }: Props) {
  const intl = useIntl();
  const forest = useMemo(() => buildForest(types), [types]);
  const all = useMemo(() => parents(forest), [forest]);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(types.length > MANY ? [] : all));
  const [search, setSearch] = useState('');
  const found = useMemo(() => (search.trim() ? matching(forest, search) : null), [forest, search]);
  const count = countSelected(forest, selected);
  const total = useMemo(() => countSelected(forest, new Set(forest.byId.keys())), [forest]);
  const allOpen = all.length > 0 && all.every((id) => open.has(id));
  const label = intl.formatMessage({ id: 'tree.label', defaultMessage: 'Object types to restore' });

  const flip = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };

  return (
    <div className={styles.tree} role="group" aria-label={label} aria-describedby={describedBy}>
      <div className={styles.head}>
        <p className={styles.count} role="status">
          <FormattedMessage
            id="tree.count"
            defaultMessage="{types, number} of {allTypes, plural, one {# object type} other {# object types}} selected, {objects, number} of {allObjects, plural, one {# object} other {# objects}}"
            values={{ types: count.types, allTypes: total.types, objects: count.objects, allObjects: total.objects }}
          />
        </p>
        {all.length > 0 ? (
          <IconButton
            icon={allOpen ? CollapseVerticalIcon : ExpandVerticalIcon}
            label={
              allOpen
                ? intl.formatMessage({ id: 'tree.collapseAll', defaultMessage: 'Collapse all object types' })
                : intl.formatMessage({ id: 'tree.expandAll', defaultMessage: 'Expand all object types' })
            }
            appearance="subtle"
            isTooltipDisabled={false}
            onClick={() => setOpen(new Set(allOpen ? [] : all))}
          />
        ) : null}
      </div>
      {types.length > MANY ? (
        <Textfield
          aria-label={intl.formatMessage({ id: 'tree.search', defaultMessage: 'Search object types' })}
          placeholder={intl.formatMessage({ id: 'tree.search', defaultMessage: 'Search object types' })}
          elemBeforeInput={
            <span className={styles.glass}>
              <SearchIcon label="" />
            </span>
          }
          value={search}
          onChange={(e) => setSearch(e.currentTarget.value)}
        />
      ) : null}
      {found?.size === 0 ? (
        <p className={styles.none}>
          <FormattedMessage id="tree.none" defaultMessage="No object type has “{text}” in its name." values={{ text: search.trim() }} />
        </p>
      ) : (
        <Branch nodes={forest.roots} forest={forest} selected={selected} onChange={onChange} open={open} flip={flip} found={found} />
      )}
    </div>
  );
}

interface BranchProps {
  nodes: readonly TypeNode[];
  forest: TypeForest;
  selected: ReadonlySet<string>;
  onChange: (selected: ReadonlySet<string>) => void;
  open: ReadonlySet<string>;
  flip: (id: string) => void;
  found: ReadonlySet<string> | null;
}

function Branch({ nodes, ...rest }: BranchProps) {
  const { forest, selected, onChange, open, flip, found } = rest;
  const intl = useIntl();
  return (
    <ul className={styles.branch}>
      {nodes
        .filter((n) => !found || found.has(n.id))
        .map((node) => {
          const isOpen = found !== null || open.has(node.id);
          const tick = tickOf(node, selected);
          return (
            <li key={node.id}>
              <div className={styles.row}>
                {node.children.length > 0 ? (
                  <button
                    type="button"
                    className={styles.arrow}
                    aria-expanded={isOpen}
                    aria-label={
                      isOpen
                        ? intl.formatMessage({ id: 'tree.collapse', defaultMessage: 'Collapse {name}' }, { name: node.name })
                        : intl.formatMessage({ id: 'tree.expand', defaultMessage: 'Expand {name}' }, { name: node.name })
                    }
                    disabled={found !== null}
                    onClick={() => flip(node.id)}
                  >
                    {isOpen ? <ChevronDownIcon label="" size="small" /> : <ChevronRightIcon label="" size="small" />}
                  </button>
                ) : (
                  <span className={styles.noArrow} />
                )}
                <Checkbox
                  isChecked={tick !== 'off'}
                  isIndeterminate={tick === 'some'}
                  label={node.name}
                  aria-label={intl.formatMessage(
                    { id: 'tree.type', defaultMessage: '{name}, {objects, plural, =0 {no objects} one {# object} other {# objects}}' },
                    { name: node.name, objects: node.objects },
                  )}
                  onChange={() => onChange(toggle(forest, selected, node.id))}
                />
                <span className={styles.objects} aria-hidden="true">
                  {intl.formatNumber(node.objects)}
                </span>
              </div>
              {node.children.length > 0 && isOpen ? <Branch nodes={node.children} {...rest} /> : null}
            </li>
          );
        })}
    </ul>
  );
}
