//! Every order of events up to a number of mishaps, explored breadth-first.

use std::io::Write;
use std::time::Instant;

use exploration::model::{Deployments, Moment, Move};
use stateright::{Checker, HasDiscoveries, Model, Path};

/// How many mishaps the run in the checks has; the variable of that name has it explore more.
const MISHAPS: u8 = 1;

#[test]
fn every_order_of_events_keeps_the_promises() {
    let mishaps = std::env::var("MISHAPS").ok().map_or(MISHAPS, |text| text.parse().expect("MISHAPS is a number"));
    let model = Deployments { mishaps };
    let checker = model.clone().checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    // The first finds the shortest counterexample, and keeps every state that it has yet to leave; the second keeps a path.
    if mishaps == MISHAPS {
        explore(&model, || checker.spawn_bfs());
    } else {
        explore(&model, || checker.spawn_dfs());
    }
}

fn explore<C: Checker<Deployments>>(model: &Deployments, spawn: impl FnOnce() -> C) {
    let start = Instant::now();
    let checker = spawn().join();
    // Not by the macro, whose text is kept from whoever looks on.
    _ = writeln!(
        std::io::stderr(),
        "{} mishaps at most: {} states, {} of them different, {} deep, in {} s",
        model.mishaps,
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth(),
        start.elapsed().as_secs()
    );
    for property in model.properties() {
        match (property.expectation.discovery_is_failure(), checker.discovery(property.name)) {
            (true, Some(path)) => panic!("not so: {}\n{}", property.name, told(path)),
            (false, None) => panic!("never: {}", property.name),
            _ => {}
        }
    }
}

/// A counterexample, an action and what came of it a line.
fn told(path: Path<Moment, Move>) -> String {
    let mut lines = Vec::new();
    for (moment, step) in path.into_vec() {
        if lines.is_empty() {
            lines.push(format!("{:?}\n{:?}", moment.job, moment.world));
        }
        lines.push(match step {
            Some(step) => format!("  {:?}: {step:?}", moment.action),
            None => format!("  {:?}\n{:?}\n{:?}", moment.action, moment.world, moment.history),
        });
    }
    lines.join("\n")
}
