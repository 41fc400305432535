import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

const ICONS = { plain: Info, warning: TriangleAlert, danger: CircleAlert };

type NoticeProps = { tone?: 'warning' | 'danger'; children: ReactNode };

/** A remark with an icon. A `danger` one is read out at once. */
export function Notice({ tone, children }: NoticeProps) {
  const Icon = ICONS[tone ?? 'plain'];
  return (
    <div className="notice" data-tone={tone} role={tone === 'danger' ? 'alert' : undefined}>
      <Icon className="icon-s" aria-hidden />
      <div>{children}</div>
    </div>
  );
}
