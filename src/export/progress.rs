//! How far an export is, on standard error; nothing where nobody watches.

use crate::command::Resource;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::time::Duration;

/// A line that counts rows. How many there will be is not known, so it shows pace, not a share.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A line on standard error, or none.
    #[must_use]
    pub fn new(shown: bool, resource: Resource, rows: u64) -> Self {
        if !shown {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{spinner} {human_pos} {msg}  {pace}  {elapsed}");
        if let Ok(style) = style {
            let pace = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}/s", state.per_sec());
            };
            bar.set_style(style.with_key("pace", pace).tick_chars("|/-\\ "));
        }
        bar.set_message(resource.rows());
        bar.set_position(rows);
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(Some(bar))
    }

    /// So many rows are written by now.
    pub fn rows(&self, rows: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(rows);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
