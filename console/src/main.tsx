import '@fontsource-variable/inter/wght.css';
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';
import './ui/forms.css';
import './ui/overlays.css';
import './ui/grid/grid.css';
import './app/shell.css';
import './app/pages.css';
import './app/detail.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { followNavigation } from './app/arrival';
import { queryClient, router } from './app/router';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no root.');
followNavigation(router);
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
