import { useQueryClient } from '@tanstack/react-query';
import type { View, ViewContent, ViewNoun } from '../../api/schema';
import { useMe } from '../../app/useMe';
import { explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { undoSave } from '../../ui/undo';
import { createView, updateView, viewsQuery } from './api';

type SaveViewDialogProps = {
  noun: ViewNoun;
  content: ViewContent;
  /** One that is renamed or shared; without it a new one is made of what is shown. */
  view: View | undefined;
  onClose: () => void;
  onSaved: (view: View) => void;
};

/** Keeps how a list is shown under a name, for oneself or for everybody below. */
export function SaveViewDialog({ noun, content, view, onClose, onSaved }: SaveViewDialogProps) {
  const client = useQueryClient();
  const me = useMe();
  const wasShared = view?.origin === 'shared';
  const mayShare = me.role === 'administrator';
  const form = useForm({
    initial: { name: view?.name ?? '', shared: wasShared ? 'yes' : '' },
    check: ({ name = '' }): Problems => (name.trim() ? {} : { name: 'This is needed.' }),
    send: async ({ name = '', shared = '' }, { key }) => {
      const is_shared = shared !== '';
      const saved = view
        ? await updateView(view, { name: name.trim(), ...(is_shared !== wasShared && { is_shared }) })
        : await createView({ noun, name: name.trim(), is_shared, content }, key);
      const { queryKey } = viewsQuery(noun);
      client.setQueryData(queryKey, (old = []) => withView(old, saved));
      onClose();
      onSaved(saved);
      const renew = () => client.invalidateQueries({ queryKey });
      const former = view && { name: view.name, ...(is_shared !== wasShared && { is_shared: wasShared }) };
      toast(`${saved.name} saved`, former && undoSave(saved, () => updateView(saved, former), renew));
      await renew();
    },
    explain: explainNoAnswer,
  });
  const title = view ? `Rename or share ${view.name}` : 'Save as a view';
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField
            name="name"
            label="Name"
            hint={
              view
                ? undefined
                : 'It keeps the filter, the search, the order and the columns, not the place in the tree.'
            }
            maxLength={80}
            autoFocus
          />
          {mayShare && (
            <CheckField
              name="shared"
              label={`Share it with everybody at ${me.customer_name} and below`}
              hint="Each of them sees only their own rows by it, and can read its filter. Those below are not told whose it is."
            />
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {view ? 'Save' : 'Save view'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function withView(views: View[], saved: View): View[] {
  const others = views.filter(({ id }) => id !== saved.id);
  return [...others, saved].toSorted((a, b) => a.name.localeCompare(b.name));
}
