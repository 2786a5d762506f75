import { type ReactNode, useId } from 'react';

import styles from './Wizard.module.css';

export interface ChoiceOption<Value extends string> {
  value: Value;
  label: string;
  help?: ReactNode;
}

/** One of a few, each said in a sentence. */
export function Choice<Value extends string>({
  legend,
  name,
  options,
  value,
  onChange,
}: {
  legend: string;
  name: string;
  options: readonly ChoiceOption<Value>[];
  value: Value | null;
  onChange: (value: Value) => void;
}) {
  const id = useId();
  return (
    <fieldset className={styles.choice}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.option}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={value === option.value}
            aria-labelledby={`${id}-${option.value}`}
            aria-describedby={option.help ? `${id}-${option.value}-help` : undefined}
            onChange={() => onChange(option.value)}
          />
          <span>
            <span id={`${id}-${option.value}`} className={styles.optionName}>
              {option.label}
            </span>
            {option.help ? (
              <span id={`${id}-${option.value}-help`} className={styles.help}>
                {option.help}
              </span>
            ) : null}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
