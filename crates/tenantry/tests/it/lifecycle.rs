//! Any sequence of creating, moving, suspending, activating, deleting, restoring and passing time leaves the tree legal: a
//! model that knows nothing but parents, own states and days foretells every effective state, who is gone and whose trial is
//! over, and what is derived equals a recount.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::machine::Machine;

const WEEK: u64 = 7;
/// How long what is deleted can be restored, and how long a trial is.
const MONTH: u64 = 30;

/// What looks random and is the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

#[derive(Clone, Debug)]
struct Node {
    parent: Option<String>,
    level: &'static str,
    /// 0 active, 1 backups are stopped, 2 everything is
    suspended: u8,
    /// The day on which its deletion was scheduled.
    deleted: Option<u64>,
    /// The day on which its trial began.
    trial: Option<u64>,
}

/// The levels that may stand below one; what a test knows by itself.
fn below(level: &str) -> &'static [&'static str] {
    match level {
        "provider" => &["distributor", "sub_distributor", "reseller"],
        "distributor" => &["sub_distributor", "reseller"],
        "sub_distributor" => &["reseller"],
        "reseller" => &["end_customer"],
        "end_customer" => &["site"],
        _ => &[],
    }
}

#[derive(Debug, Default)]
struct Model(BTreeMap<String, Node>);

impl Model {
    fn chain(&self, id: &str) -> Vec<&Node> {
        let mut chain = vec![&self.0[id]];
        while let Some(above) = chain.last().and_then(|node| node.parent.as_ref()) {
            chain.push(&self.0[above]);
        }
        chain
    }

    fn effective(&self, id: &str) -> u8 {
        self.chain(id).iter().map(|node| node.suspended.max(u8::from(node.deleted.is_some()))).max().unwrap()
    }

    fn is_within(&self, id: &str, top: &str) -> bool {
        id == top || self.chain(id).iter().any(|node| node.parent.as_deref() == Some(top))
    }

    fn is_below_deleted(&self, id: &str) -> bool {
        self.chain(id)[1..].iter().any(|node| node.deleted.is_some())
    }

    /// Takes out what is over by this day, with all below it.
    fn pass(&mut self, day: u64) {
        let is_due = |node: &&Node| node.deleted.is_some_and(|since| since + MONTH <= day);
        let gone: Vec<String> = self.0.keys().filter(|id| self.chain(id).iter().any(&is_due)).cloned().collect();
        for id in gone {
            self.0.remove(&id);
        }
    }

    fn pick(&self, dice: &mut Dice) -> String {
        self.0.keys().nth(dice.roll(self.0.len())).unwrap().clone()
    }
}

#[expect(clippy::too_many_lines, reason = "a line for each thing that can be done")]
#[expect(clippy::print_stdout, reason = "the seed is shown where it fails")]
async fn run(seed: u64, steps: usize) {
    println!("seed {seed}");
    let app = App::start().await;
    let mut dice = Dice(seed);
    let mut day = 0;
    let mut model = Model::default();
    let provider = app.provider().await;
    model
        .0
        .insert(provider.clone(), Node { parent: None, level: "provider", suspended: 0, deleted: None, trial: None });
    let mut machines: Vec<(String, Machine)> = Vec::new();
    let admin = app.admin();
    for step in 0..steps {
        let at = model.pick(&mut dice);
        let node = model.0[&at].clone();
        let path = format!("/customers/{at}");
        match dice.roll(11) {
            0..=3 => {
                let levels = below(node.level);
                if levels.is_empty() {
                    continue;
                }
                let level = levels[dice.roll(levels.len())];
                let mut body = json!({ "parent_id": at, "level": level, "country": "DE" });
                let name = if level == "site" { "name" } else { "company_name" };
                body[name] = json!(format!("n{step}"));
                let trial = (level == "end_customer" && dice.roll(2) == 0).then_some(day);
                if trial.is_some() {
                    body["trial"] = json!(true);
                }
                let answer = admin.post("/customers", &body).await;
                assert_eq!(answer.status == 201, model.effective(&at) == 0, "{:#}", answer.body);
                if answer.status == 201 {
                    let made = id(&answer.body);
                    let node = Node { parent: Some(at), level, suspended: 0, deleted: None, trial };
                    model.0.insert(made.clone(), node);
                    if level == "end_customer" && machines.len() < 4 {
                        let machine = app.machine(&app.pass_key(&made).await, &format!("m{step}")).await;
                        machine.begin().await;
                        assert_eq!(machine.put("data", &vec![1; 100 + step]).await.0, 200);
                        machines.push((made, machine));
                    }
                }
            }
            4 | 5 => {
                let to = model.pick(&mut dice);
                let answer = admin.post(&format!("{path}/move"), &json!({ "parent_id": to })).await;
                let stays = node.parent.as_ref() == Some(&to);
                let legal = node.level != "provider"
                    && (stays
                        || (node.level != "site"
                            && below(model.0[&to].level).contains(&node.level)
                            && !model.is_within(&to, &at)
                            && model.effective(&to) == 0
                            && node.deleted.is_none()
                            && !model.is_below_deleted(&at)));
                assert_eq!(answer.status == 200, legal, "{at} to {to}: {:#}", answer.body);
                if legal {
                    model.0.get_mut(&at).unwrap().parent = Some(to);
                }
            }
            6 => {
                let mode = 1 + u8::try_from(dice.roll(2)).unwrap();
                let word = if mode == 1 { "stop_backups" } else { "full_stop" };
                let answer = admin.post(&format!("{path}/suspend"), &json!({ "reason": "Unpaid", "mode": word })).await;
                assert_eq!(answer.status == 200, node.level != "provider");
                if answer.status == 200 {
                    model.0.get_mut(&at).unwrap().suspended = mode;
                }
            }
            7 => {
                let answer = admin.act(&format!("{path}/activate")).await;
                if answer.status == 200 {
                    model.0.get_mut(&at).unwrap().suspended = 0;
                }
            }
            8 => {
                let answer = admin.delete(&format!("{path}?remove_products=true")).await;
                let legal = node.level != "provider" && (node.deleted.is_some() || !model.is_below_deleted(&at));
                assert_eq!(answer.status == 200, legal, "{:#}", answer.body);
                if legal {
                    model.0.get_mut(&at).unwrap().deleted.get_or_insert(day);
                }
            }
            9 => {
                // A little more than a week, so that nothing ends at the very moment.
                app.advance(Duration::from_hours(24 * WEEK) + Duration::from_mins(1));
                day += WEEK;
                app.settle().await;
                app.sign_in_again().await;
                model.pass(day);
                machines.retain(|(home, _)| model.0.contains_key(home));
            }
            _ => {
                // Half of what is deleted comes back, and what isn't stays.
                let deleted: Vec<String> =
                    model.0.iter().filter(|(_, node)| node.deleted.is_some()).map(|(id, _)| id.clone()).collect();
                let at = if deleted.is_empty() { at } else { deleted[dice.roll(deleted.len())].clone() };
                let answer = admin.act(&format!("/customers/{at}/restore")).await;
                let node = &model.0[&at];
                let legal = node.level != "provider" && (node.deleted.is_none() || !model.is_below_deleted(&at));
                assert_eq!(answer.status == 200, legal, "{:#}", answer.body);
                if legal {
                    model.0.get_mut(&at).unwrap().deleted = None;
                }
            }
        }
    }
    let known = admin.all("/customers?limit=200").await;
    assert!(known.iter().all(|row| {
        let is_ours = row["company_name"].as_str().is_some_and(|name| name.starts_with('n'));
        !is_ours || model.0.contains_key(row["id"].as_str().unwrap())
    }));
    for (id, node) in &model.0 {
        let row = admin.get(&format!("/customers/{id}")).await.is(200);
        // Sites are on trial with their customer.
        let trial = match &node.parent {
            Some(customer) if node.level == "site" => model.0[customer].trial,
            _ => node.trial,
        };
        let is_on_trial = trial.is_some_and(|since| day < since + MONTH);
        assert_eq!(row["stage"] == "trial", is_on_trial, "{id}: {}", row["stage"]);
        assert_eq!(row["parent_id"].as_str().map(str::to_owned), node.parent);
        assert_eq!(row["deletion"].is_object(), node.deleted.is_some());
        let expected = match model.effective(id) {
            0 => Value::Null,
            1 => json!("stop_backups"),
            _ => json!("full_stop"),
        };
        assert_eq!(row["effective_state"]["mode"], expected, "{id} after seed {seed}");
        if let Some(parent) = &node.parent {
            assert!(below(model.0[parent].level).contains(&node.level));
        }
    }
    for (home, machine) in &machines {
        let (read, write) = match model.effective(home) {
            0 => (200, 200),
            1 => (200, 403),
            _ => (403, 403),
        };
        machine.reads(read).await;
        machine.uploads(write).await;
    }
    // Lifting everything leaves nothing behind.
    let ids: Vec<String> = model.0.keys().cloned().collect();
    let depth = |id: &String| model.chain(id).len();
    let mut from_above = ids.clone();
    from_above.sort_by_key(depth);
    for id in from_above.iter().skip(1) {
        admin.act(&format!("/customers/{id}/restore")).await.is(200);
        admin.act(&format!("/customers/{id}/activate")).await.is(200);
    }
    for (_, machine) in &machines {
        machine.uploads(200).await;
    }
    app.finish().await;
}

#[tokio::test]
async fn any_sequence_leaves_the_tree_legal_and_what_is_derived_true() {
    // One that has found something once, and others each time.
    for seed in [2026, RandomState::new().hash_one(0), RandomState::new().hash_one(1)] {
        run(seed, 100).await;
    }
}
