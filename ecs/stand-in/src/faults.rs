//! The faults that calls meet, by the script.

use crate::ecs;
use crate::script::CallFault;
use crate::world::World;

/// The fault that a call meets, if it meets one; the next call meets one less.
pub(crate) fn met_by(world: &mut World, operation: &str) -> Option<CallFault> {
    let fault = world.script.calls.get_mut(operation)?;
    let times = match fault {
        CallFault::Denied => return Some(CallFault::Denied),
        CallFault::HangsAfter(_) => return None,
        CallFault::SomebodyDeploys(0, revision) => {
            let revision = *revision;
            world.script.calls.remove(operation);
            ecs::somebody_deploys(world, revision);
            return None;
        }
        CallFault::SomebodyDeploys(before, _) => {
            *before -= 1;
            return None;
        }
        CallFault::Refused(times, ..)
        | CallFault::Throttled(times)
        | CallFault::Unavailable(times)
        | CallFault::Dropped(times)
        | CallFault::DroppedAfterwards(times) => times,
    };
    *times = times.checked_sub(1)?;
    match fault.clone() {
        CallFault::DroppedAfterwards(_) => Some(CallFault::DroppedAfterwards(0)),
        other => Some(other),
    }
}
