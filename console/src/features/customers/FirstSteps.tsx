import { Building2, HardDrive, Store, UserPlus } from 'lucide-react';
import { useMay, useMe } from '../../app/useMe';
import { LinkButton } from '../../ui/Button';
import { Step, Steps } from '../../ui/Steps';

type FirstStepsProps = {
  /** Whom the first customer stands under: the caller's own, or the reseller that is always there. */
  parent: string;
};

/** Where nobody has added anything yet: how it begins. */
export function FirstSteps({ parent }: FirstStepsProps) {
  const { customer_name, customer_level } = useMe();
  const mayInvite = useMay('user_create');
  return (
    <section className="first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">{customer_name} has no customers yet</h2>
      <Steps>
        <Step
          icon={<Building2 className="icon" aria-hidden />}
          title="Add the first customer"
          action={
            <LinkButton kind="primary" size="s" to="/customers/new" search={{ parent }}>
              Add customer
            </LinkButton>
          }
        >
          A name and a country are enough.
        </Step>
        <Step icon={<HardDrive className="icon" aria-hidden />} title="Back up its first machine">
          “Add device” on the page of the customer makes a pass key, with commands that register the machine and start
          its backup.
        </Step>
        {customer_level !== 'reseller' && (
          <Step
            icon={<Store className="icon" aria-hidden />}
            title="Add resellers"
            action={
              <LinkButton size="s" to="/customers/new">
                Add reseller
              </LinkButton>
            }
          >
            Partners with customers of their own, and with people who look after them.
          </Step>
        )}
        {mayInvite && (
          <Step
            icon={<UserPlus className="icon" aria-hidden />}
            title="Invite those you work with"
            action={
              <LinkButton size="s" to="/people" search={{ add: 'yes' }}>
                Add person
              </LinkButton>
            }
          >
            Each with an account and a role: a supporter sees everything and changes nothing.
          </Step>
        )}
      </Steps>
    </section>
  );
}
