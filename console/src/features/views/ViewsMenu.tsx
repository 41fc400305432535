import { useQueryClient } from '@tanstack/react-query';
import { Bookmark, BookmarkPlus, Pencil, Pin, PinOff, RotateCcw, Save, Trash2 } from 'lucide-react';
import { Suspense, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { View, ViewContent, ViewNoun } from '../../api/schema';
import { problemText, refusalOf } from '../../lib/words';
import { lazyDialog } from '../../ui/lazily';
import { Menu, MenuDivider, MenuItem } from '../../ui/Menu';
import { toast } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { setDefaultView, updateView, viewsQuery } from './api';
import { removeView } from './remove';

const SaveViewDialog = lazyDialog(async () => (await import('./SaveViewDialog')).SaveViewDialog);

export type ViewsMenuProps = {
  saved: { noun: ViewNoun; view: View | undefined; open: (view: View | undefined) => void };
  content: ViewContent;
  modified: boolean;
};

/** What can be done with how a list is shown: keep it, and what was kept of it. */
export function ViewsMenu({ saved, content, modified }: ViewsMenuProps) {
  const { view, noun, open } = saved;
  const client = useQueryClient();
  const [asked, setAsked] = useState<'save' | 'edit'>();
  const look = () => client.invalidateQueries({ queryKey: viewsQuery(noun).queryKey });
  const attempt = async (what: () => Promise<unknown>) => {
    try {
      await what();
    } catch (error) {
      toast(problemText(error));
    }
    await look();
  };
  const update = (of: View) =>
    attempt(async () => {
      const updated = await updateView(of, { content });
      client.setQueryData(viewsQuery(noun).queryKey, (old) => old?.map((one) => (one.id === of.id ? updated : one)));
      open(updated);
      toast(
        `${of.name} shows this from now on`,
        undo({
          name: of.name,
          restore: () => updateView(updated, { content: of.content }),
          said: `${of.name} shows what it did before`,
          renew: look,
        }),
      );
    });
  const setDefault = (of: View, on: boolean) =>
    attempt(async () => {
      const former = client.getQueryData(viewsQuery(noun).queryKey)?.find(({ is_default }) => is_default);
      await setDefaultView(of.id, on);
      toast(
        on ? `This list opens with ${of.name}` : `This list no longer opens with ${of.name}`,
        undo({
          name: of.name,
          restore: () => (former ? setDefaultView(former.id, true) : setDefaultView(of.id, false)),
          said: former ? `This list opens with ${former.name} again` : `This list no longer opens with ${of.name}`,
          renew: look,
        }),
      );
    });
  return (
    <>
      <Menu
        label="Saved views"
        trigger={
          <AriaButton className="button" data-kind="quiet" data-icon aria-label="Saved views">
            <Bookmark className="icon-s" aria-hidden />
          </AriaButton>
        }
      >
        <MenuItem
          name={view ? 'Save as another view…' : 'Save as a view…'}
          icon={<BookmarkPlus className="icon" aria-hidden />}
          onAction={() => setAsked('save')}
        />
        {view && (
          <>
            {modified && (
              <>
                <MenuItem
                  name={`Let ${view.name} show this`}
                  icon={<Save className="icon" aria-hidden />}
                  refusal={refusalOf(view, 'edit')}
                  onAction={() => void update(view)}
                />
                <MenuItem
                  name={`Back to ${view.name} as it was saved`}
                  icon={<RotateCcw className="icon" aria-hidden />}
                  onAction={() => open(view)}
                />
              </>
            )}
            <MenuItem
              name="Rename or share…"
              icon={<Pencil className="icon" aria-hidden />}
              refusal={refusalOf(view, 'edit')}
              onAction={() => setAsked('edit')}
            />
            <MenuItem
              name={view.is_default ? 'No longer open the list with it' : 'Open the list with it'}
              icon={view.is_default ? <PinOff className="icon" aria-hidden /> : <Pin className="icon" aria-hidden />}
              onAction={() => void setDefault(view, !view.is_default)}
            />
            <MenuDivider />
            <MenuItem
              name={`Delete ${view.name}`}
              tone="danger"
              icon={<Trash2 className="icon" aria-hidden />}
              refusal={refusalOf(view, 'delete')}
              onAction={() =>
                void attempt(async () => {
                  await removeView(client, view);
                  open(undefined);
                })
              }
            />
          </>
        )}
      </Menu>
      {asked && (
        <Suspense>
          <SaveViewDialog
            noun={noun}
            content={content}
            view={asked === 'edit' ? view : undefined}
            onClose={() => setAsked(undefined)}
            onSaved={(made) => {
              if (asked === 'save') open(made);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
