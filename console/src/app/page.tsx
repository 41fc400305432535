import { use, type ComponentType } from 'react';
import { Unloaded } from '../api/client';

/**
 * A page in a script of its own. If that can't be loaded, the error page says so; it is asked for anew at the next visit.
 * The router's own way reloads the whole document, which ends in the browser's error page while the server is away.
 */
export function page<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) {
  let loading: Promise<void> | undefined;
  let Loaded: ComponentType | undefined;
  let failure: Unloaded | undefined;
  const preload = () => {
    if (loading) return loading;
    failure = undefined;
    loading = fetchIt();
    return loading;
  };
  const fetchIt = async () => {
    try {
      Loaded = (await load())[name];
    } catch (cause) {
      failure = new Unloaded(cause);
      loading = undefined;
    }
  };
  function Page() {
    if (failure) throw failure;
    if (!Loaded) use(preload());
    return Loaded && <Loaded />;
  }
  return Object.assign(Page, { preload });
}
