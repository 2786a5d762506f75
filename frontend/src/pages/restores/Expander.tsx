import ChevronDownIcon from '@atlaskit/icon/core/chevron-down';
import ChevronRightIcon from '@atlaskit/icon/core/chevron-right';
import { useState } from 'react';

import styles from './Expander.module.css';

/** The arrow that opens what stands below a row. */
export function Expander({ open, label, onClick }: { open: boolean; label: string; onClick: () => void }) {
  return (
    <button type="button" className={styles.arrow} aria-expanded={open} aria-label={label} onClick={onClick}>
      {open ? <ChevronDownIcon label="" /> : <ChevronRightIcon label="" />}
    </button>
  );
}

/** Which rows are open. */
export function useOpenRows(): { isOpen: (id: string) => boolean; flip: (id: string) => void } {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  return {
    isOpen: (id) => open.has(id),
    flip: (id) =>
      setOpen((old) => {
        const next = new Set(old);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
  };
}
