//! Two ordinary weeks of five kinds of sites: nothing happens that anybody need know.

use super::*;

/// What the behaviour models say of two weeks without an attack, in words, and of how many events.
fn alarms(people: People, seed: u64) -> (Vec<String>, usize) {
    let week = Week::new(Plan { seed, days: 14, from_day: 13, each: 0, people });
    let told = said(&week);
    let told = told.iter().filter(is_ours);
    (told.map(|d| format!("{} {}: {}", d.rule, d.entity.value.visible(), d.why.visible())).collect(), week.len())
}

const SITES: [(&str, People); 5] = [
    ("three users", People::company(3)),
    ("thirty users", People::company(30)),
    ("three hundred users", People::company(300)),
    ("a public site", People::public()),
    ("an API", People::keys(20)),
];

#[test]
#[ignore = "explore"]
fn explore_ordinary() {
    for (name, people) in SITES {
        for seed in [1, 2] {
            let begin = std::time::Instant::now();
            let (told, events) = alarms(people, seed);
            println!("== {name} seed {seed}: {} told over {events} events, {:?}", told.len(), begin.elapsed());
            told.iter().take(12).for_each(|t| println!("   {t}"));
        }
    }
}

#[test]
#[ignore = "explore"]
fn explore_attacks() {
    let (mut whole, mut models) = (Score::default(), Score::default());
    for seed in 1..=4 {
        let week = Week::new(Plan { seed, days: 15, from_day: 7, each: 1, people: People::shop(36) });
        let begin = std::time::Instant::now();
        let told = said(&week);
        let (a, b) = (Score::of(&week, &told, ""), Score::of(&week, &told, MODELS));
        println!("== seed {seed} {} events {:?} whole {:.2} {:.2}/d models {:.2} {:.2}/d", week.len(), begin.elapsed(),
            a.average(), a.false_alarms_a_day(), b.average(), b.false_alarms_a_day());
        for d in told.iter() {
            let about: Vec<&str> = week.attacks.iter().filter(|w| w.who.iter().any(|x| x == d.entity.value.raw()) && d.time.0 >= w.from).map(|w| w.kind).collect();
            if about.is_empty() || d.rule.starts_with(MODELS) {
                println!("   d{} {} {} {:?}: {}", (d.time.0 - START) / DAY, d.rule, d.entity.value.visible(), about, d.why.visible());
            }
        }
        whole.add(&a);
        models.add(&b);
    }
    for ((kind, w), (_, m)) in whole.shares().zip(models.shares()) {
        println!("{kind:22} {:5.1} {:5.1}", w * 100.0, m * 100.0);
    }
    println!("average {:.3} {:.3}, false/d {:.2} {:.2}", whole.average(), models.average(), whole.false_alarms_a_day(), models.false_alarms_a_day());
}
