import { useMe } from '../../app/useMe';
import { ROLE, ROLE_HINT } from '../../lib/words';
import { Card } from '../../ui/Card';
import { Fact, Facts } from '../../ui/Facts';
import { useTitle } from '../../ui/useTitle';
import { FactorsCard } from '../factors/FactorsCard';
import { Tokens } from '../tokens/Tokens';
import { Sessions } from './Sessions';

/** Who one is here, where one is signed in, and which programs ask for oneself. */
export function AccountPage() {
  useTitle('Your account');
  const me = useMe();
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-title">
          <h1>Your account</h1>
          <p className="quiet">{me.name}</p>
        </div>
      </header>
      <div className="card-stack cards-page">
        <Card title="Who you are here">
          <Facts>
            <Fact name="Signs in as">{me.login}</Fact>
            <Fact name="Customer">{me.customer_name}</Fact>
            <Fact name="Role">
              {ROLE[me.role]}
              <span className="hint"> {ROLE_HINT[me.role]}</span>
            </Fact>
            {me.is_key_officer && <Fact name="Key officer">Yes</Fact>}
          </Facts>
        </Card>
        <FactorsCard />
        <Sessions />
        <Tokens owner={me.id} />
      </div>
    </div>
  );
}
