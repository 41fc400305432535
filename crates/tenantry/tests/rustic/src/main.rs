//! rustic, as a library, in a program: `rustic-client REPOSITORY init | backup FOLDER | check | restore FOLDER TARGET |
//! delete`. The gateway's second client, of other authors than restic. The repository's password is in
//! `RUSTIC_PASSWORD`; errors go to standard error.

use std::error::Error;

use rustic_backend::BackendOptions;
use rustic_core::{
    BackupOptions, CheckOptions, ConfigOptions, Credentials, KeyOptions, LocalDestination, LsOptions, OpenStatus,
    PathList, PruneOptions, Repository, RepositoryOptions, RestoreOptions, SnapshotOptions,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[expect(clippy::disallowed_methods, reason = "a program's configuration is read here, at the start")]
fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let credentials = Credentials::password(std::env::var("RUSTIC_PASSWORD")?);
    let [repository, command @ ..] = &*arguments else { return Err("which repository?".into()) };
    let backends = BackendOptions::default().repository(*repository).to_backends()?;
    let repository = Repository::new(&RepositoryOptions::default().no_cache(true), &backends)?;
    if command == ["init"] {
        repository.init(&credentials, &KeyOptions::default(), &ConfigOptions::default())?;
        return Ok(());
    }
    let repository = repository.open(&credentials)?;
    match command {
        ["backup", folder] => backup(repository, folder),
        ["check"] => Ok(repository.check(CheckOptions::default().read_data(true))?.is_ok()?),
        ["restore", folder, target] => restore(repository, folder, target),
        ["delete"] => delete(&repository),
        _ => Err("init, backup FOLDER, check, restore FOLDER TARGET or delete?".into()),
    }
}

fn backup(repository: Repository<OpenStatus>, folder: &str) -> Outcome {
    let source = PathList::from_string(folder)?.sanitize()?;
    let snapshot = SnapshotOptions::default().to_snapshot()?;
    repository.to_indexed_ids()?.backup(&BackupOptions::default(), &source, snapshot)?;
    Ok(())
}

/// Restores a folder from the newest snapshot.
fn restore(repository: Repository<OpenStatus>, folder: &str, target: &str) -> Outcome {
    let repository = repository.to_indexed()?;
    let node = repository.node_from_snapshot_path(&format!("latest:{folder}"), |_| true)?;
    let list = repository.ls(&node, &LsOptions::default())?;
    let target = LocalDestination::new(target, true, false)?;
    let options = RestoreOptions::default();
    let plan = repository.prepare_restore(&options, list.clone(), &target, false)?;
    repository.restore(plan, &options, list, &target)?;
    Ok(())
}

/// Forgets all snapshots but the newest, and prunes what only they had.
fn delete(repository: &Repository<OpenStatus>) -> Outcome {
    let mut snapshots = repository.get_all_snapshots()?;
    snapshots.sort_by(|one, other| one.time.cmp(&other.time));
    snapshots.pop();
    let old: Vec<_> = snapshots.iter().map(|snapshot| snapshot.id).collect();
    repository.delete_snapshots(&old)?;
    let options = PruneOptions::default().instant_delete(true);
    let plan = repository.prune_plan(&options)?;
    repository.prune(&options, plan)?;
    Ok(())
}
