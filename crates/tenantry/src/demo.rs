//! A believable provider to look at.

use control::App;

use crate::serve::Failure;

/// Loads the demonstration into an empty installation.
pub async fn load(_app: &App, is_empty: bool, _say: fn(&str)) -> Result<(), Failure> {
    if !is_empty {
        return Err("the demonstration loads into an empty database only; this one has an administrator".into());
    }
    Ok(())
}
