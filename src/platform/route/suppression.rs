//! Suppressions: list, preview, make, undo.

use super::audit::problem;
use crate::api::endpoint::{CreateSuppression, ListSuppressions, PreviewSuppression, SuppressionPath, UndoSuppression};
use crate::api::{List, SuppressionRequest};
use crate::platform::Platform;
use crate::platform::http::Routes;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<ListSuppressions>(|p, _, list: List| p.store.suppressions(&list).map_err(problem))
        .on::<PreviewSuppression>(|p, _, asked: SuppressionRequest| p.preview_suppression(&asked))
        .on::<CreateSuppression>(|p, by, asked: SuppressionRequest| p.suppress(&asked, &by.name))
        .on::<UndoSuppression>(|p, by, SuppressionPath { id }| p.unsuppress(id, &by.name))
}
