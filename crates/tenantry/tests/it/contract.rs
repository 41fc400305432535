//! The contract is files in the repository; they are what the code says.

use std::path::Path;

#[test]
fn the_generated_files_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stale: Vec<&str> = tenantry::documents::all()
        .into_iter()
        .filter(|(path, text)| std::fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| path)
        .collect();
    assert!(
        stale.is_empty(),
        "not what the code says: {stale:?}. Regenerate with `scripts/generate` and look at the \
         differences: they are what clients will notice."
    );
}
