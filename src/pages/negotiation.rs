//! Which of several forms a client would rather have, by RFC 9110, sections 12.4.2 to 12.5.3.

use rocket::http::MediaType;

use crate::pages::lists::{Quoting, elements, parameters, weight_of};

/// How the bytes of a body are coded for the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Brotli, RFC 7932.
    Brotli,
    /// gzip, RFC 1952.
    Gzip,
    /// As they are.
    Identity,
}

/// How well an offer suits: by its weight, then by how closely it was asked for.
type Match = (u16, Specificity);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    Anything,
    Type,
    /// The range has parameters that no offer has, such as a version: near enough where nothing else covers it.
    Parameters,
    Exact,
}

/// The offer that the lines of `Accept` weigh highest; of equals the one that is named more closely, then the earlier
/// one: a program that asks for `application/json, */*` means JSON. With no preference, and when no offer is
/// acceptable, it is the first: an answer is of more use than a 406.
///
/// `offers` is never empty; the answer is an index into it.
#[must_use]
pub fn media_type<'a>(accept: impl Iterator<Item = &'a str>, offers: &[MediaType]) -> usize {
    // Per offer, what the most specific range that covers it says.
    let mut matches: Vec<Option<Match>> = vec![None; offers.len()];
    for range in elements(accept, Quoting::Escaped) {
        let (name, parameters) = parameters(range);
        let mut parameters = parameters.peekable();
        let is_plain = parameters.peek().is_none_or(|(name, _)| name.eq_ignore_ascii_case("q"));
        let (Some((top, sub)), Some(weight)) = (name.split_once('/'), weight_of(parameters)) else { continue };
        for (offer, best) in offers.iter().zip(&mut matches) {
            let top_fits = offer.top().as_str().eq_ignore_ascii_case(top);
            let specificity = match (top, sub) {
                ("*", "*") => Specificity::Anything,
                (_, "*") if top_fits => Specificity::Type,
                (_, sub) if top_fits && offer.sub().as_str().eq_ignore_ascii_case(sub) => {
                    if is_plain {
                        Specificity::Exact
                    } else {
                        Specificity::Parameters
                    }
                }
                _ => continue,
            };
            if best.is_none_or(|(_, known)| specificity >= known) {
                *best = Some((weight, specificity));
            }
        }
    }
    let mut best = (0, (0, Specificity::Exact));
    for (index, found) in matches.into_iter().enumerate() {
        if let Some(found) = found.filter(|found| *found > best.1) {
            best = (index, found);
        }
    }
    best.0
}

/// The coding to send for the lines of `Accept-Encoding`: the one with the highest weight, the smaller one of equals.
/// Codings that are refused or that we don't have leave the bytes as they are.
#[must_use]
pub fn coding<'a>(accept_encoding: impl Iterator<Item = &'a str>) -> Coding {
    // A coding that is not named has the weight of `*`, if that is there.
    let (mut brotli, mut gzip, mut identity, mut any) = (None, None, None, None);
    for element in elements(accept_encoding, Quoting::Escaped) {
        let (name, parameters) = parameters(element);
        let slot = match name {
            name if name.eq_ignore_ascii_case("br") => &mut brotli,
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => &mut gzip,
            name if name.eq_ignore_ascii_case("identity") => &mut identity,
            "*" => &mut any,
            _ => continue,
        };
        if let Some(weight) = weight_of(parameters) {
            *slot = Some(weight);
        }
    }
    let any = any.unwrap_or(0);
    let weights = [(Coding::Brotli, brotli.unwrap_or(any)), (Coding::Gzip, gzip.unwrap_or(any))];
    let mut best = (Coding::Identity, identity.unwrap_or(0));
    // The last of equals wins, so the smallest form comes last.
    for (coding, weight) in weights.into_iter().rev() {
        if weight > 0 && weight >= best.1 {
            best = (coding, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> &'static str {
        let offers = [MediaType::HTML, MediaType::JSON];
        ["html", "json"][media_type(accept.split('\n'), &offers)]
    }

    #[test]
    fn the_higher_weight_wins() {
        for (accept, expected) in [
            ("application/json", "json"),
            ("text/html, application/json", "html"),
            ("text/html;q=0.5, application/json;q=0.9", "json"),
            ("text/html;q=0.5, application/json;q=0.4", "html"),
            ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "html"),
            ("application/*", "json"),
            ("application/json;q=0, */*", "html"),
            ("text/html;q=0, */*;q=0.1", "json"),
            ("*/*", "html"),
            ("image/png", "html"),
            ("not an accept header", "html"),
            ("", "html"),
            // Of equals, the one that is named.
            ("application/json, text/plain, */*", "json"),
            ("*/*, application/json", "json"),
            ("text/html, */*", "html"),
            ("application/json, text/*", "json"),
            // One element that makes no sense, and the rest.
            ("text/html ;q=0.5 , application/json", "json"),
            ("text/html; q = 0.5, application/json;q=0.9", "json"),
            (", ,application/json,,", "json"),
            ("nonsense, application/json", "json"),
            ("text/html;q=x, application/json;q=0.1", "json"),
            ("\u{fffd}/\u{fffd}, application/json", "json"),
            ("text/html;q=0.2\napplication/json", "json"),
            ("text/x;a=\"b,text/html\", application/json", "json"),
            ("text/html;q=0.5, application/json;a=\";q=0\"", "json"),
            ("Application/JSON;Q=0.9, Text/HTML;Q=0.1", "json"),
            (&format!("{}application/json", "x/y;q=0.1, ".repeat(800)), "json"),
            // A version that we don't have says nothing about the one we have.
            ("application/json;version=2, application/json;q=0.1, text/html;q=0.5", "html"),
            ("application/json;charset=utf-8, text/html;q=0.5", "json"),
        ] {
            assert_eq!(chosen(accept), expected, "{accept}");
        }
    }

    #[test]
    fn a_specific_range_goes_before_a_general_one() {
        assert_eq!(chosen("application/*;q=0.9, application/json;q=0.1, text/html;q=0.5"), "html");
    }

    #[test]
    fn the_smallest_acceptable_coding_wins() {
        for (header, expected) in [
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip", Coding::Gzip),
            ("GZIP", Coding::Gzip),
            ("gzip;q=1.0, br;q=0.5", Coding::Gzip),
            ("br;q=0, gzip;q=0", Coding::Identity),
            ("br;q=0, *", Coding::Gzip),
            ("*", Coding::Brotli),
            ("*;q=0", Coding::Identity),
            ("identity, gzip;q=0.5", Coding::Identity),
            ("identity;q=0.1, gzip;q=0.5", Coding::Gzip),
            ("br;q=nonsense, gzip", Coding::Gzip),
            ("br; q = 0.5", Coding::Brotli),
            ("br;q=7", Coding::Identity),
            ("deflate, zstd", Coding::Identity),
            (",;,=;q", Coding::Identity),
            ("", Coding::Identity),
            ("br ;q=0.1 , gzip", Coding::Gzip),
            (",, gzip,", Coding::Gzip),
            ("br;q=x, gzip;q=0.1", Coding::Gzip),
            ("br;q=7, *;q=0.5", Coding::Brotli),
            ("deflate\ngzip", Coding::Gzip),
            ("GZIP;Q=0.5, BR;Q=0", Coding::Gzip),
            ("\u{fffd}, gzip", Coding::Gzip),
            ("zstd;x=\",br\", gzip", Coding::Gzip),
            (&format!("{}gzip", "br;q=0, ".repeat(1000)), Coding::Gzip),
        ] {
            assert_eq!(coding(header.split('\n')), expected, "{header}");
        }
        assert_eq!(coding(std::iter::empty()), Coding::Identity);
    }
}
