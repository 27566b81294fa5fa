//! SIGINT and SIGTERM: ECS is asked to stop with rollback, and the deployer leaves.

use aws_stand_in::Fate;
use rustix::process::Signal;

use crate::story::{Story, end, signal};

#[test]
fn a_signal_in_the_middle_stops_with_rollback() {
    for with in [Signal::INT, Signal::TERM] {
        let story = Story::with_second(Fate::NeverEnds);
        story.describe("rollout", "\"30s\"");
        let child = story.start_second();
        story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
        signal(&child, with);
        end(child).expect(7, &["interrupted: ECS was asked to stop and to put the former release back"]);
        assert_eq!(story.changes(), ["RegisterTaskDefinition", "UpdateService", "StopServiceDeployment"]);
        story.wait(|state| state.deployments.last().is_some_and(|status| status == "ROLLBACK_SUCCESSFUL"));
        story.expect_first();
    }
}

#[test]
fn a_signal_that_can_not_be_heeded_needs_a_person() {
    let story = Story::with_second(Fate::NeverEnds);
    story.describe("rollout", "\"30s\"");
    story
        .aws
        .change(|world| world.script.calls.insert("StopServiceDeployment".to_owned(), aws_stand_in::CallFault::Denied));
    let child = story.start_second();
    story.wait(|state| state.deployments.last().is_some_and(|status| status == "IN_PROGRESS"));
    signal(&child, Signal::TERM);
    end(child).expect(3, &["interrupted, and ECS could not be asked to stop", "AccessDeniedException"]);
}
