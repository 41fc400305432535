import { Search, X } from 'lucide-react';
import { useRef, type InputHTMLAttributes } from 'react';
import { IconButton } from './Button';
import { useSingleKeys } from './singleKeys';

type SearchFieldProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange' | 'type' | 'className'> & {
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** A key that leads here. */
  shortcut?: string;
};

/** A field to search with. What stands in it is taken out by a button, or by Escape. */
export function SearchField({ label, value, onChange, shortcut, ...rest }: SearchFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const key = useSingleKeys() ? shortcut : undefined;
  const clear = () => {
    onChange('');
    input.current?.focus();
  };
  return (
    <div className="search-box">
      <Search className="icon-s" aria-hidden />
      <input
        {...rest}
        ref={input}
        className="input"
        type="search"
        aria-label={label}
        aria-keyshortcuts={key}
        placeholder={label}
        maxLength={200}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {key && <kbd aria-hidden>{key}</kbd>}
      {value !== '' && (
        <IconButton size="s" label="Clear" onPress={clear}>
          <X className="icon-s" aria-hidden />
        </IconButton>
      )}
    </div>
  );
}
