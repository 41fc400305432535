import { Link, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { CustomerTree } from './CustomerTree';
import { pagesFor } from './pages';
import { useMe } from './useMe';

type NavigationProps = { open: boolean; onClose: () => void };

/** Beside the page where there is room, else a drawer. */
export function Navigation({ open, onClose }: NavigationProps) {
  const me = useMe();
  const section = useRouterState({ select: (state) => `/${state.location.pathname.split('/')[1]}` });
  const address = useRouterState({ select: (state) => state.location.href });
  useEffect(onClose, [address, onClose]);
  useEffect(() => {
    if (!open) return undefined;
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [open, onClose]);
  return (
    <>
      <div className="side">
        <nav aria-label="Pages">
          <ul>
            {pagesFor(me).map((page) => (
              <li key={page.section}>
                <Link
                  {...page.link}
                  className="nav-link"
                  activeOptions={{ exact: true }}
                  aria-current={section === page.section ? 'page' : undefined}
                >
                  <page.icon className="icon" aria-hidden />
                  {page.name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <CustomerTree />
      </div>
      {open && <div className="drawer-scrim" aria-hidden onClick={onClose} />}
    </>
  );
}
