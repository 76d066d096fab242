//! A large store, made from what a drill of a few seconds leaves.

use crate::journey;
use rusqlite::Connection;
use std::path::Path;

/// Leaves a store with so many incidents and so many blocks in force under `dir`. A tenth of the incidents is open.
pub fn make(dir: &Path, incidents: u64, blocks: u64) {
    let drilled = drill();
    std::fs::create_dir_all(dir.join("config")).unwrap();
    let settings = "[platform]\nlisten = \"127.0.0.1:0\"\ndiscover = false\ndrill = \"off\"\nretention_days = 3650\n";
    std::fs::write(dir.join("config/settings.toml"), settings).unwrap();
    std::fs::create_dir_all(dir.join("data")).unwrap();
    let path = dir.join("data/state.db");
    std::fs::copy(drilled.path().join("data/state.db"), &path).unwrap();
    let db = Connection::open(&path).unwrap();
    // Whoever is interrupted here begins anew: no journal, no waiting for the disk.
    let quick =
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; PRAGMA temp_store = MEMORY;";
    db.execute_batch(quick).unwrap();
    db.execute_batch(&sql(incidents, blocks)).unwrap();
}

/// Folders of a platform that has drilled until there were incidents and a verified block.
fn drill() -> tempfile::TempDir {
    let platform = journey::Platform::start("");
    platform.ok(&["drill", "start"]);
    journey::wait_for("incidents of the drill", || (!platform.export("incidents", "").is_empty()).then_some(()));
    journey::wait_for("a verified block", || {
        (!platform.export("actions", "state:verified kind:block_address").is_empty()).then_some(())
    });
    platform.ok(&["drill", "stop"]);
    platform.stop()
}

/// Every n-th new row is made from one of those there are, with its own number, address and time, and no mark of the
/// drill. The newest is an hour old.
fn sql(incidents: u64, blocks: u64) -> String {
    let stamp = |ms: &str| format!("strftime('%Y-%m-%dT%H:%M:%fZ', ({ms}) / 1000.0, 'unixepoch')");
    let numbers = |n: u64| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})");
    let address = "printf('%d.%d.%d.%d', 11 + n.i / 16777216, n.i / 65536 % 256, n.i / 256 % 256, n.i % 256)";
    let at = "(unixepoch() * 1000 - 3600000 - n.i * 2000)";
    format!(
        "BEGIN;
        CREATE TEMP TABLE old AS SELECT row_number() OVER (ORDER BY id) - 1 k, count(*) OVER () c, * FROM incident;
        CREATE TEMP TABLE act AS SELECT * FROM action WHERE state = 'verified' AND kind = 'block_address' LIMIT 1;
        DELETE FROM detection; DELETE FROM timeline; DELETE FROM incident; DELETE FROM incident_entity; DELETE FROM action;
        DELETE FROM idempotency; DELETE FROM progress;
        {numbers_i}
        INSERT INTO incident SELECT n.i, {at}, iif(n.i % 10 = 0, 'new', 'closed'), n.i % 10 = 0, old.severity, {at} - 5000,
            NULL, 0,
            json_set(old.body, '$.id', n.i, '$.updated', {stamp}, '$.opened', {stamp}, '$.drill', json('false'),
                '$.state', iif(n.i % 10 = 0, 'new', 'closed'), '$.entity', json_object('kind', 'address', 'value', {address}),
                '$.entities', json_array(json_object('kind', 'address', 'value', {address})), '$.contained', NULL,
                '$.verdict', iif(n.i % 10 = 0, NULL, iif(n.i % 3 = 0, 'benign_positive', 'true_positive')),
                '$.proposals', json('[]')),
            old.facts, old.bill
            FROM n JOIN old ON old.k = n.i % old.c;
        INSERT INTO incident_entity SELECT json_extract(body, '$.entity.kind'), json_extract(body, '$.entity.value'), NULL, id
            FROM incident;
        INSERT INTO timeline(incident, body) SELECT id, json_object('time', json_extract(body, '$.updated'), 'kind', 'state',
            'actor', 'analyst', 'text', 'Claimed by analyst') FROM incident WHERE open = 0;
        INSERT INTO timeline(incident, body) SELECT id, json_object('time', json_extract(body, '$.updated'), 'kind', 'state',
            'actor', 'analyst', 'text', 'Closed as true positive') FROM incident WHERE open = 0;
        {numbers_b}
        INSERT INTO action SELECT n.i, {at}, 'verified', 1, 'block_address', {address}, NULL, 0, 0,
            json_set(act.body, '$.id', n.i, '$.target', {address}, '$.created', {stamp}, '$.drill', json('false'),
                '$.expires', {expires}, '$.incident', NULL, '$.state', 'verified', '$.automatic', json('false'))
            FROM n, act;
        COMMIT;",
        numbers_i = numbers(incidents),
        numbers_b = numbers(blocks),
        stamp = stamp(at),
        expires = stamp("unixepoch() * 1000 + 86400000 + n.i * 100"),
    )
}
