import { Link } from '@tanstack/react-router';
import type { SettingSource } from '../../api/schema';
import { sourceText } from './words';

/** A link to whoever sets it, where that is another one that may be seen. */
export function Source({ source, here }: { source: SettingSource; here: string }) {
  const text = sourceText(source, here);
  if (source.kind !== 'customer' || !source.id || source.id === here) return <span className="quiet">{text}</span>;
  return (
    <Link to="/customers/$id" params={{ id: source.id }} search={{ tab: 'settings' }} className="link">
      {text}
    </Link>
  );
}
