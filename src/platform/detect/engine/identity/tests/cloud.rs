//! Audited operations.

use super::*;

#[test]
fn each_family_is_told_at_once_and_only_when_it_succeeded() {
    for (action, rule) in [
        ("StopLogging", "cloud.logging_off"),
        ("DeleteTrail", "cloud.logging_off"),
        ("DeactivateMFADevice", "cloud.mfa_off"),
        ("DeleteBucketPublicAccessBlock", "cloud.public"),
        ("ModifySnapshotAttribute", "cloud.public"),
        ("repo.access", "code.exposed"),
        ("protected_branch.destroy", "code.protection_removed"),
        ("public_key.create", "code.key_added"),
        ("pods/exec:create", "cluster.exec"),
    ] {
        let mut bench = Bench::new();
        bench.see(&call("203.0.113.9", "mallory", "svc", action, false, 0));
        assert_eq!(bench.rules(), Vec::<&str>::new(), "{action} was refused");
        for n in 0..5 {
            bench.see(&call("203.0.113.9", "mallory", "svc", action, true, n * MINUTE));
        }
        assert_eq!(bench.rules(), [rule], "{action}");
        assert_eq!((bench.out[0].entity.kind.as_str(), bench.out[0].entity.value.raw()), ("user", "mallory"));
        bench.sound();
    }
}

#[test]
fn what_somebody_does_every_day_becomes_routine() {
    let mut bench = Bench::new();
    for day in 0..20 {
        bench.see(&call("81.10.4.5", "oncall", "", "pods/exec:create", true, day * DAY));
        bench.see(&call("81.10.4.5", "system:node:a", "", "pods/exec:create", true, day * DAY));
    }
    assert_eq!(bench.rules().len(), 3, "{:?}", bench.out);
}

#[test]
fn a_new_identity_with_key_and_rights_is_persistence() {
    let mut bench = Bench::new();
    for (n, action) in ["CreateUser", "CreateAccessKey", "AttachUserPolicy"].iter().enumerate() {
        bench.see(&call(
            "203.0.113.9",
            "mallory",
            "iam.amazonaws.com",
            action,
            true,
            i64::try_from(n).unwrap() * MINUTE,
        ));
    }
    assert_eq!(bench.rules(), ["cloud.persistence"]);
    assert_eq!(bench.out[0].evidence.len(), 3);
    assert!(bench.out[0].why.raw().contains("within 2 m, the last step AttachUserPolicy"), "{:?}", bench.out[0].why);
    let mut calm = Bench::new();
    for (n, action) in ["CreateUser", "CreateAccessKey", "AttachUserPolicy"].iter().enumerate() {
        calm.see(&call("81.10.4.5", "ann", "iam.amazonaws.com", action, true, i64::try_from(n).unwrap() * 2 * HOUR));
    }
    assert_eq!(calm.rules(), Vec::<&str>::new());
    let mut okta = Bench::new();
    for (n, action) in ["user.mfa.factor.reset_all", "user.account.privilege.grant"].iter().enumerate() {
        okta.see(&call("203.0.113.9", "help", "", action, true, i64::try_from(n).unwrap() * MINUTE));
    }
    assert_eq!(okta.rules(), ["cloud.mfa_off", "cloud.takeover"]);
}

#[test]
fn secrets_in_bulk_are_told_and_a_services_daily_reading_is_not() {
    let mut bench = Bench::new();
    for n in 0..12 {
        let mut record = call("203.0.113.9", "mallory", "secretsmanager", "GetSecretValue", true, n * 10_000);
        record.call.as_mut().unwrap().object = format!("prod/db{n}").into();
        bench.see(&record);
    }
    assert_eq!(bench.rules(), ["cloud.secrets"]);
    bench.sound();
    let mut calm = Bench::new();
    for n in 0..500 {
        let mut record = call("81.10.4.5", "app", "secretsmanager", "GetSecretValue", true, n * 10 * MINUTE);
        record.call.as_mut().unwrap().object = format!("prod/db{}", n % 4).into();
        calm.see(&record);
        let mut record = call("10.0.0.1", "system:kube-controller-manager", "", "secrets:list", true, n * 1_000);
        record.call.as_mut().unwrap().object = format!("ns{n}").into();
        calm.see(&record);
    }
    assert_eq!(calm.rules(), Vec::<&str>::new(), "{:?}", calm.out);
}

#[test]
fn looking_around_is_told_by_its_refusals() {
    let mut bench = Bench::new();
    for n in 0..30 {
        let (service, action) = (format!("svc{}.amazonaws.com", n % 8), format!("List{n}"));
        bench.see(&call("203.0.113.9", "mallory", &service, &action, n % 2 == 0, n * 5_000));
    }
    assert_eq!(bench.told("cloud.enumeration").len(), 1, "{:?}", bench.out);
    bench.sound();
    // An infrastructure tool reads everything before it changes something, day after day, and is allowed to.
    let mut calm = Bench::new();
    for day in 0..10 {
        for n in 0..80 {
            let (service, action) = (format!("svc{}.amazonaws.com", n % 12), format!("Describe{n}"));
            calm.see(&call("81.10.4.5", "terraform", &service, &action, true, day * DAY + n * 1_000));
        }
    }
    assert_eq!(calm.rules(), Vec::<&str>::new(), "{:?}", calm.out);
}

fn administer(bench: &mut Bench, user: &str, at: i64) {
    let mut record = call("81.10.4.5", user, "iam", "TagRole", true, at);
    record.call.as_mut().unwrap().admin = true;
    bench.see(&record);
}

#[test]
fn administration_at_three_on_sunday_is_told_after_weeks_of_office_hours() {
    let mut bench = Bench::new();
    let mut dice = Dice(11);
    for day in (0..28).filter(|d| d % 7 < 5) {
        for user in ["ann", "bob"] {
            for _ in 0..3 {
                administer(&mut bench, user, day * DAY + dice.time(8 * HOUR, 17 * HOUR));
            }
        }
    }
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
    administer(&mut bench, "ann", 27 * DAY + 3 * HOUR);
    administer(&mut bench, "ann", 27 * DAY + 3 * HOUR + MINUTE);
    assert_eq!(bench.rules(), ["admin.off_hours"]);
    assert!(bench.out[0].why.raw().contains("Sunday 03:00 UTC"), "{:?}", bench.out[0].why);
    // A newcomer is not judged, and neither is an hour that others keep.
    administer(&mut bench, "new", 27 * DAY + 4 * HOUR);
    for night in 28..40 {
        administer(&mut bench, "nightshift", night * DAY + 2 * HOUR);
    }
    administer(&mut bench, "bob", 40 * DAY + 2 * HOUR);
    assert_eq!(bench.rules(), ["admin.off_hours"], "{:?}", bench.out);
    bench.sound();
}
