//! All that is set on the paths of some owners, loaded once, and what follows from it: what holds, what was passed over,
//! and what an account may change about it.

use std::collections::HashMap;

use api::setting::{EffectiveSetting, OwnSetting, PassedOver, PassedWhy, SettingSource, SourceKind};
use api::units::{Action, Time};
use api::{Code, Error};
use jiff::Timestamp;
use serde_json::Value;
use tree::Path;
use tree::settings::{Own, Passed, Resolved, Why, resolve};

use super::owner::Owner;
use super::registry::{By, Refusing, Setting};
use super::sql::{self, SettingRow};
use crate::customers::above;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::lineage::Lineage;

#[derive(Debug)]
pub(super) struct Known {
    rows: HashMap<String, Vec<SettingRow>>,
    lineage: Lineage,
    /// When it is so.
    at: Timestamp,
}

impl Known {
    pub(super) async fn of(cx: &mut Cx, owners: &[&Owner]) -> Result<Self, Error> {
        let lineage = Lineage::of(cx, owners.iter().map(|owner| owner.path())).await?;
        let mut ids: Vec<&str> = owners.iter().flat_map(|owner| owner.path().ids().chain([owner.id()])).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = sql::of_owners(cx, &ids).await?;
        Ok(Self { rows: by_owner(rows), lineage, at: cx.now })
    }

    /// At a moment in the past.
    pub(super) async fn at(cx: &mut Cx, owner: &Owner, at: Time) -> Result<Self, Error> {
        let lineage = Lineage::of(cx, std::iter::once(owner.path())).await?;
        let ids: Vec<&str> = owner.path().ids().chain([owner.id()]).collect();
        let rows = sql::of_owners_at(cx, &ids, at.micros()).await?;
        Ok(Self { rows: by_owner(rows), lineage, at: at.0 })
    }

    /// At places and devices there, for no account.
    pub(super) async fn at_places(cx: &mut Cx, places: &[(&Path, Option<&str>)]) -> Result<Self, Error> {
        let lineage = Lineage::of(cx, places.iter().map(|(path, _)| *path)).await?;
        let mut ids: Vec<&str> = places.iter().flat_map(|(path, device)| path.ids().chain(*device)).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = sql::of_owners(cx, &ids).await?;
        Ok(Self { rows: by_owner(rows), lineage, at: cx.now })
    }

    pub(super) fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// What an owner says itself.
    pub(super) fn row(&self, owner_id: &str, name: &str) -> Option<&SettingRow> {
        self.rows.get(owner_id)?.iter().find(|row| row.name == name)
    }

    /// From the root down to the owner.
    pub(super) fn ids(owner: &Owner) -> Vec<&str> {
        let mut ids: Vec<&str> = owner.path().ids().collect();
        if owner.level().is_none() {
            ids.push(owner.id());
        }
        ids
    }

    /// What each of these says.
    pub(super) fn said<'a>(
        &'a self,
        ids: &'a [&'a str],
        setting: &'a Setting,
    ) -> impl Iterator<Item = (&'a str, Option<Own<&'a SettingRow>>)> {
        ids.iter().map(|id| {
            let level = self.lineage.get(id).map(|node| node.level);
            let own = self.row(id, setting.name).map(|row| Own {
                value: row,
                locked: setting.is_locked(&row.value(), row.locked),
                applies: setting.is_for(level) && setting.says(&row.value(), self.at),
            });
            (*id, own)
        })
    }

    fn resolved<'a>(&'a self, ids: &'a [&'a str], setting: &'a Setting) -> Resolved<&'a str, &'a SettingRow> {
        resolve(self.said(ids, setting))
    }

    /// What holds at an owner.
    pub(super) fn held(&self, owner: &Owner, setting: &Setting) -> Value {
        let ids = Self::ids(owner);
        self.resolved(&ids, setting).from.map_or_else(setting.default, |(_, row)| row.value())
    }

    /// What holds right above an owner.
    pub(super) fn held_above(&self, owner: &Owner, setting: &Setting) -> (Value, bool) {
        let mut ids = Self::ids(owner);
        ids.pop();
        let Resolved { from, locked, .. } = self.resolved(&ids, setting);
        (from.map_or_else(setting.default, |(_, row)| row.value()), locked)
    }

    /// What holds at an owner, in words, with whom it comes from.
    pub(super) fn words(&self, account: &Account, owner: &Owner, setting: &Setting) -> String {
        let ids = Self::ids(owner);
        let from = self.resolved(&ids, setting).from;
        let words = (setting.words)(&from.map_or_else(setting.default, |(_, row)| row.value()));
        let source = self.source(account, owner, from.map(|(id, _)| id));
        match (source.kind, source.name) {
            (SourceKind::Default, _) => format!("{words} (by default)"),
            (SourceKind::Above, _) => format!("{words} (from above)"),
            (_, Some(_)) if source.id.as_deref() == Some(owner.id()) => words,
            (_, name) => format!("{words} (from {})", name.unwrap_or_default()),
        }
    }

    /// A setting at an owner, as the account may see it.
    pub(super) fn view(&self, account: &Account, owner: &Owner, setting: &Setting) -> EffectiveSetting {
        let ids = Self::ids(owner);
        let Resolved { from, locked, passed } = self.resolved(&ids, setting);
        let value = from.map_or_else(setting.default, |(_, row)| row.value());
        let own = self.row(owner.id(), setting.name).map(|row| OwnSetting {
            value: row.value(),
            locked: row.locked,
            set_at: Time::from_micros(row.set_at),
            set_by: row.set_by.clone().filter(|_| above::sees_author(account, owner.path(), row.set_from.as_deref())),
        });
        let passed_over = passed.into_iter().filter_map(|Passed { id, value, why }| {
            let source = self.source(account, owner, Some(id));
            (source.kind != SourceKind::Above).then(|| PassedOver {
                source,
                value: value.value(),
                locked: value.locked,
                why: match why {
                    Why::Overridden => PassedWhy::Overridden,
                    Why::Locked => PassedWhy::Locked,
                    Why::NotApplicable => PassedWhy::NotApplicable,
                },
            })
        });
        let action = |name: &str, is_set: bool| match self.refusal(account, owner, setting, is_set) {
            None => Action::allowed(name),
            Some(error) => {
                let (code, reason) = error.said();
                Action { name: name.to_owned(), allowed: false, code: Some(code), reason: Some(reason) }
            }
        };
        let mut actions = vec![action("set", true)];
        if own.is_some() {
            actions.push(action("inherit", false));
        }
        EffectiveSetting {
            name: setting.name.to_owned(),
            source: self.source(account, owner, from.map(|(id, _)| id)),
            locked,
            until: (setting.ends_at)(&value).map(Time::from_micros),
            rate: setting.rate.map(|rate| rate(&value, self.at)),
            value,
            own,
            passed_over: passed_over.collect(),
            default: (setting.default)(),
            can_lock: setting.can_lock,
            actions,
        }
    }

    fn source(&self, account: &Account, owner: &Owner, id: Option<&str>) -> SettingSource {
        let unnamed = |kind| SettingSource { kind, id: None, name: None, level: None };
        let Some(id) = id else { return unnamed(SourceKind::Default) };
        if id == owner.id() && owner.level().is_none() {
            let (id, name) = (Some(id.to_owned()), Some(owner.name().to_owned()));
            return SettingSource { kind: SourceKind::Device, id, name, level: None };
        }
        let node = self.lineage.get(id).filter(|_| owner.path().seen_from(&account.path).ids().any(|seen| seen == id));
        match node {
            None => unnamed(SourceKind::Above),
            Some(node) => SettingSource {
                kind: SourceKind::Customer,
                id: Some(id.to_owned()),
                name: Some(node.name.as_ref().unwrap_or(&node.company_name).clone()),
                level: Some(node.level),
            },
        }
    }

    /// Why the account may not set this to a value at an owner, or inherit it again.
    pub(super) fn refusal_of(
        &self,
        account: &Account,
        owner: &Owner,
        setting: &Setting,
        after: Option<&Value>,
    ) -> Option<Error> {
        if let Some(refused) = self.refusal(account, owner, setting, after.is_some()) {
            return Some(refused);
        }
        let refusing = Refusing { account, owner, known: self, now: self.at };
        if let Some(refused) = after.and_then(|after| (setting.refuses)(&refusing, after)) {
            return Some(refused);
        }
        let held = self.held(owner, setting);
        let next = after.map_or_else(|| self.held_above(owner, setting).0, Value::clone);
        if (setting.lowers)(&held, &next)
            && let Some(reason) = account.refusal(Permission::ManageUsers, owner.path())
        {
            return Some(Error::new(Code::Forbidden, reason));
        }
        None
    }

    /// Why the account may not set this at an owner, or inherit it again, whatever the value.
    pub(super) fn refusal(&self, account: &Account, owner: &Owner, setting: &Setting, is_set: bool) -> Option<Error> {
        if let Some(reason) = account.refusal(Permission::ManageSettings, owner.path()) {
            return Some(Error::new(Code::Forbidden, reason));
        }
        if !setting.is_for(owner.level()) {
            let detail = "This setting is not for such a customer or device.";
            return Some(Error::field("name", Code::SettingNotApplicable, detail));
        }
        if setting.by == By::Above && !above::looks_after(account, owner.path()) {
            let detail = "Only somebody who looks after the customer from above may set this.";
            return Some(Error::new(Code::Forbidden, detail));
        }
        let ids = Self::ids(owner);
        if let (true, Some((id, _)), true) =
            (is_set, self.resolved(&ids, setting).from, self.resolved(&ids, setting).locked)
            && id != owner.id()
        {
            let source = self.source(account, owner, Some(id));
            let by = source.name.unwrap_or_else(|| "Somebody above".to_owned());
            let detail = format!("{by} has locked it for everything below.");
            return Some(Error::new(Code::SettingLocked, detail));
        }
        let own = self.row(owner.id(), setting.name).filter(|row| setting.is_locked(&row.value(), row.locked));
        if own.is_some_and(|row| !may_unlock(account, owner.path(), row)) {
            let detail = "It was locked by somebody who looks after this from above.";
            return Some(Error::new(Code::SettingLocked, detail));
        }
        let guarded = setting.opens.and_then(|name| super::registry::find(name).ok())?;
        let resolved = self.resolved(&ids, guarded);
        match resolved.from {
            Some((_, row)) if resolved.locked && !may_unlock(account, owner.path(), row) => {
                let detail = "What this would open was locked by somebody who stands above you.";
                Some(Error::new(Code::SettingLocked, detail))
            }
            _ => None,
        }
    }
}

/// Whether what was locked on this path is the account's to change.
fn may_unlock(account: &Account, path: &Path, row: &SettingRow) -> bool {
    above::stands_at_or_above(account, path, row.set_from.as_deref())
}

fn by_owner(rows: Vec<SettingRow>) -> HashMap<String, Vec<SettingRow>> {
    let mut by_owner: HashMap<String, Vec<SettingRow>> = HashMap::new();
    for row in rows {
        by_owner.entry(row.owner_id.clone()).or_default().push(row);
    }
    by_owner
}
