import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';

/** Where a page stands, from the outside in. Each child is a link. */
export function Breadcrumbs({ children, label = 'Breadcrumb' }: { children: ReactNode[]; label?: string }) {
  return (
    <nav className="crumbs" aria-label={label}>
      <ol>
        {children.map((crumb, index) => (
          // The position is what a crumb is.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            {index > 0 && <ChevronRight className="icon-s" aria-hidden />}
            {crumb}
          </li>
        ))}
      </ol>
    </nav>
  );
}
