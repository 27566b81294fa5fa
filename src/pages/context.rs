//! What a template gets.

use serde::Serialize;

use crate::config::{Peer, askable};
use crate::facts::Facts;
use crate::facts::release::Release;

/// Another environment as a page draws it.
#[derive(Serialize)]
struct Neighbour<'a> {
    name: &'a str,
    url: &'a str,
    /// Whether the site's address is one that a browser opens.
    opens: bool,
    /// Why a browser can't ask it, if it can't.
    obstacle: Option<&'static str>,
}

impl<'a> From<&'a Peer> for Neighbour<'a> {
    fn from(Peer { name, url }: &'a Peer) -> Self {
        let obstacle = askable::source(url).err();
        Self {
            name,
            url,
            opens: obstacle.is_none_or(|obstacle| obstacle.opens),
            obstacle: obstacle.map(|obstacle| obstacle.reason),
        }
    }
}

/// What every page's template gets; the pages' own values stand beside it.
#[derive(Serialize)]
pub(crate) struct PageContext<'a, Values> {
    page: &'a str,
    release: &'a Release,
    peers: Vec<Neighbour<'a>>,
    site: Option<&'a str>,
    /// Whether there is a bill of materials to link to.
    has_bill: bool,
    #[serde(flatten)]
    values: Values,
}

impl<'a, Values> PageContext<'a, Values> {
    /// The context for the template of `page`.
    pub(crate) fn new(page: &'a str, facts: &'a Facts, values: Values) -> Self {
        let peers = facts.peers.iter().map(Neighbour::from).collect();
        let (site, has_bill) = (facts.site.as_deref(), facts.bill_of_materials.value().is_some());
        Self { page, release: &facts.release, peers, site, has_bill, values }
    }
}
