//! The public address: a load balancer in front of the healthy tasks of the service.

use crate::world::World;

/// What a healthy task answers to a request for that path; 503 if there is none, nothing if it hangs up.
pub(crate) fn answer(world: &mut World, path: &str) -> Option<(u16, String)> {
    let number = usize::try_from(world.number()).unwrap_or_default();
    let all = world.services.values().flat_map(|service| service.tasks.iter().map(move |task| (service, task)));
    let healthy = all.filter(|(service, task)| {
        let is_primary = task.revision == service.primary;
        // While one revision takes another's place, both are behind the address.
        task.stopped.is_none() && task.healthy && (is_primary || service.rollout_state != "COMPLETED")
    });
    let healthy: Vec<_> = healthy.map(|(_, task)| task.arn.clone()).collect();
    // Each request to another one.
    match healthy.get(number % healthy.len().max(1)) {
        Some(arn) => world.tasks.answer(arn, path),
        None => Some((503, String::new())),
    }
}
