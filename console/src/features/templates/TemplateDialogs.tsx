import { useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { SettingSet, Template } from '../../api/schema';
import { explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { undoSave } from '../../ui/undo';
import { checkSetting, SettingFields } from '../settings/SettingFields';
import { settingTitle, settingValue, SETTINGS, valuesOf, wireValue } from '../settings/words';
import { createTemplate, deleteTemplate, updateTemplate } from './api';
import { addable, assignedText, namesOf, type Bundle } from './words';
import './templates.css';

export type Wish = 'edit' | 'remove';

type TemplateDialogProps = { customer: string; template?: Template; wish: Wish; onClose: () => void };

export function TemplateDialog({ customer, template, wish, onClose }: TemplateDialogProps) {
  if (template && wish === 'remove') return <RemoveDialog template={template} onClose={onClose} />;
  return <EditDialogs customer={customer} template={template} onClose={onClose} />;
}

type EditProps = { customer: string; template: Template | undefined; onClose: () => void };

/** What was typed before one of its settings was looked at. */
type Draft = { name: string; offered: string; settings: Bundle };

/** A template, or one of its settings: one dialog after the other, so that none stands on another. */
function EditDialogs({ customer, template, onClose }: EditProps) {
  const [draft, setDraft] = useState<Draft>(() => ({
    name: template?.name ?? '',
    offered: template?.offered ? 'yes' : '',
    settings: template?.settings ?? {},
  }));
  const [setting, setSetting] = useState<string>();
  if (setting !== undefined) {
    return (
      <OneSetting
        key={setting}
        name={setting}
        set={draft.settings[setting]}
        onSet={(set) => {
          setDraft({ ...draft, settings: { ...draft.settings, [setting]: set } });
          setSetting(undefined);
        }}
        onClose={() => setSetting(undefined)}
      />
    );
  }
  return <WholeTemplate {...{ customer, template, draft, setDraft, onClose }} onSetting={setSetting} />;
}

type WholeProps = EditProps & {
  draft: Draft;
  setDraft: (draft: Draft) => void;
  onSetting: (name: string) => void;
};

function WholeTemplate({ customer, template, draft, setDraft, onSetting, onClose }: WholeProps) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ['templates'] });
  const title = template ? `Edit ${template.name}` : 'Add a template';
  const { settings } = draft;
  const form = useForm({
    initial: { name: draft.name, offered: draft.offered, setting: '' },
    check: (values) => ({
      ...(!values['name']?.trim() && { name: 'This is needed.' }),
      ...(namesOf(settings).length === 0 && { setting: 'Add at least one.' }),
    }),
    send: async (values, { key }) => {
      const name = values['name']!.trim();
      const offered = values['offered'] === 'yes';
      if (template) {
        const saved = await updateTemplate(template, { name, offered, settings });
        const former = { name: template.name, offered: template.offered, settings: template.settings };
        toast(
          `${name} saved`,
          undoSave(saved, () => updateTemplate(saved, former), renew),
        );
      } else {
        await createTemplate(customer, { name, offered, settings }, key);
        toast(`${name} added`);
      }
      onClose();
      await renew();
    },
    explain: (error) => !template && explainNoAnswer(error),
  });
  const kept = () => ({ name: form.values['name'] ?? '', offered: form.values['offered'] ?? '', settings });
  const open = (name: string) => {
    setDraft(kept());
    onSetting(name);
  };
  const chosen = form.values['setting'];
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          {template && template.assigned > 0 && (
            <Notice>
              {assignedText(template)}: they keep what they set, and differ until the template is assigned to them
              again.
            </Notice>
          )}
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          <section aria-label="Settings">
            <ul className="template-settings">
              {namesOf(settings).map((name) => (
                <li key={name} aria-label={settingTitle(name)}>
                  <span>
                    {settingTitle(name)}
                    <span className="quiet">
                      {' '}
                      · {settingValue(name, settings[name]!.value)}
                      {settings[name]!.locked && ', locked'}
                    </span>
                  </span>
                  {SETTINGS[name] && (
                    <Button size="s" aria-label={`Change: ${settingTitle(name)}`} onPress={() => open(name)}>
                      Change…
                    </Button>
                  )}
                  <Button
                    size="s"
                    aria-label={`Leave out: ${settingTitle(name)}`}
                    onPress={() => {
                      const { [name]: _, ...rest } = settings;
                      setDraft({ ...kept(), settings: rest });
                    }}
                  >
                    Leave out
                  </Button>
                </li>
              ))}
            </ul>
            <div className="template-add">
              <SelectField
                name="setting"
                label="Add a setting"
                options={[
                  { value: '', label: 'Choose' },
                  ...addable(settings).map((name) => ({ value: name, label: settingTitle(name) })),
                ]}
              />
              <Button isDisabled={!chosen} onPress={() => chosen && open(chosen)}>
                <Plus className="icon-s" aria-hidden />
                Set it…
              </Button>
            </div>
          </section>
          <CheckField
            name="offered"
            label="Offer it to those below"
            hint="Resellers and others who look after customers further down may use it, and see what it sets."
          />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {template ? 'Save' : 'Add'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

type OneSettingProps = {
  name: string;
  set: SettingSet | undefined;
  onSet: (set: SettingSet) => void;
  onClose: () => void;
};

function OneSetting({ name, set, onSet, onClose }: OneSettingProps) {
  const title = settingTitle(name);
  const form = useForm({
    initial: {
      ...valuesOf({ name, value: set?.value ?? false, own: null }),
      locked: set?.locked ? 'yes' : '',
    },
    check: (values) => checkSetting(name, values),
    send: (values, { at }) => {
      onSet({ value: wireValue(name, values, at), locked: values['locked'] === 'yes' });
      return Promise.resolve();
    },
  });
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>{SETTINGS[name]?.about}</p>
          <SettingFields name={name} lockable />
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Back</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Take over
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function RemoveDialog({ template, onClose }: { template: Template; onClose: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initial: {},
    send: async () => {
      await deleteTemplate(template.id);
      onClose();
      toast(`${template.name} removed`);
      await client.invalidateQueries({ queryKey: ['templates'] });
    },
  });
  const title = `Remove ${template.name}?`;
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <p>
            {template.assigned === 0
              ? 'Nobody has it.'
              : `${assignedText({ ...template, differing: 0 })} ${template.assigned === 1 ? 'has' : 'have'} it, and keep what it has set.`}
          </p>
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" isPending={form.busy}>
            Remove {template.name}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
