//! The pages, and the documents beside them: what each is drawn from.

use rocket::http::Status;
use rocket::request::Request;
use rocket::response::{self, Responder};
use serde::Serialize;

use crate::facts::Facts;
use crate::facts::bill::Linked;
use crate::facts::dependencies::Package;
use crate::facts::fact::Fact;
use crate::facts::forge::Repository;
use crate::pages::context::PageContext;
use crate::pages::failures;
use crate::pages::preview;
use crate::pages::representation::{Caching, Negotiable, Representation};
use crate::pages::templates::{TemplateError, Templates};

/// An address whose answer changes with the facts alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Overview,
    Tour,
    Release,
    ReleaseJson,
    Dependencies,
    BillOfMaterials,
    Verify,
    SecurityContact,
}

/// What an address answers: its one form or, where there is nothing to show, why, in the form that
/// the client would rather have.
#[derive(Clone)]
pub(crate) enum Answer {
    There(Representation),
    Missing(Negotiable),
}

/// For a page that needs no values of its own.
#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Listing<'a> {
    packages: &'a Fact<Vec<Package>>,
    linked: &'a Fact<Vec<Linked>>,
    has_licences: bool,
}

impl Page {
    pub(crate) const ALL: [Self; 8] = [
        Self::Overview,
        Self::Tour,
        Self::Release,
        Self::ReleaseJson,
        Self::Dependencies,
        Self::BillOfMaterials,
        Self::Verify,
        Self::SecurityContact,
    ];

    pub(crate) fn draw(self, facts: &Facts, templates: &Templates) -> Result<Answer, TemplateError> {
        let html = |page| Answer::There(Representation::new("text/html; charset=utf-8", Caching::Revalidate, page));
        let plain = |name| templates.draw(name, PageContext::new(name, facts, Nothing {})).map(html);
        let missing = |why: &str| failures::answer(Status::NotFound, why, facts, templates).map(Answer::Missing);
        match self {
            Self::Overview => plain("overview"),
            Self::Tour => plain("tour"),
            Self::Release => plain("release"),
            Self::Verify => plain("verify"),
            Self::Dependencies => {
                let (packages, linked) = (&facts.packages, &facts.linked);
                let values = Listing { packages, linked, has_licences: facts.has_licences };
                templates.draw("dependencies", PageContext::new("dependencies", facts, values)).map(html)
            }
            Self::ReleaseJson => Ok(Answer::There(release_json(facts))),
            Self::BillOfMaterials => match &facts.bill_of_materials.0 {
                Ok(bill) => Ok(Answer::There(bill_of_materials(bill))),
                Err(why) => {
                    missing(&format!("There is no bill of materials: {why}. `cargo auditable build` leaves one."))
                }
            },
            Self::SecurityContact => match security_contact(facts) {
                Ok(contact) => Ok(Answer::There(contact)),
                Err(why) => missing(&format!("There is no address for reports to give: {why}.")),
            },
        }
    }
}

/// The picture for previews; there is none without a digest.
pub(crate) fn picture(facts: &Facts) -> Option<Representation> {
    let picture = preview::draw(facts.release.image_digest.value()?, &facts.release.environment)?;
    Some(Representation::new("image/png", Caching::Revalidate, picture))
}

fn release_json(facts: &Facts) -> Representation {
    // Strings and numbers only: there is nothing in it that can't be written.
    let mut bytes = serde_json::to_vec_pretty(&facts.release.document()).unwrap_or_default();
    bytes.push(b'\n');
    Representation::new("application/json", Caching::Revalidate, bytes).for_any_origin()
}

fn bill_of_materials(bill: &[u8]) -> Representation {
    Representation::new("application/vnd.cyclonedx+json; version=1.6", Caching::Revalidate, bill.to_vec())
}

/// `security.txt` by RFC 9116: reports go to the repository, the one address that a deployment has.
fn security_contact(facts: &Facts) -> Result<Representation, String> {
    let repository = facts.release.repository.0.as_ref().map_err(ToString::to_string)?;
    let contact = match Repository::of(repository) {
        Some(known) => known.report(),
        None if repository.starts_with("https://") => repository.clone(),
        None => return Err("WALKTHROUGH_REPOSITORY is not an https URL, which RFC 9116 asks for".to_owned()),
    };
    let expires = &facts.security_contact_expires;
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en\n");
    Ok(Representation::new("text/plain; charset=utf-8", Caching::Revalidate, text.into_bytes()))
}

impl Answer {
    pub(crate) fn compressed(self) -> Self {
        match self {
            Self::There(representation) => Self::There(representation.compressed()),
            missing @ Self::Missing(_) => missing,
        }
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::There(representation) => representation.respond_to(request),
            Self::Missing(why) => why.respond_to(request),
        }
    }
}
