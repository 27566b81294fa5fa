//! Which of several forms a client would rather have, by RFC 9110, sections 12.4.2 to 12.5.3.

use rocket::http::{Accept, MediaType};

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

/// The offer that `accept` weighs highest; the earlier one of equals. With no preference, and when
/// no offer is acceptable, it is the first: an answer is of more use than a 406.
///
/// `offers` is never empty; the answer is an index into it.
#[must_use]
pub fn media_type(accept: Option<&Accept>, offers: &[MediaType]) -> usize {
    let Some(accept) = accept else { return 0 };
    let mut best = (0, 0.0);
    for (index, offer) in offers.iter().enumerate() {
        let weight = weight(accept, offer);
        if weight > best.1 {
            best = (index, weight);
        }
    }
    best.0
}

/// The weight of the most specific range that covers `offer`; 0 if none does.
fn weight(accept: &Accept, offer: &MediaType) -> f32 {
    accept
        .iter()
        .filter_map(|range| {
            let media_type = range.media_type();
            let specificity = match (media_type.top().as_str(), media_type.sub().as_str()) {
                ("*", "*") => 0,
                (_, "*") if media_type.top() == offer.top() => 1,
                _ if media_type.top() == offer.top() && media_type.sub() == offer.sub() => 2,
                _ => return None,
            };
            Some((specificity, range.weight_or(1.0)))
        })
        .max_by_key(|(specificity, _)| *specificity)
        .map_or(0.0, |(_, weight)| weight)
}

/// The coding to send for an `Accept-Encoding` header's value: the one with the highest weight, the
/// smaller one of equals. Codings that are refused or that we don't have leave the bytes as they are.
#[must_use]
pub fn coding(accept_encoding: Option<&str>) -> Coding {
    let Some(header) = accept_encoding else { return Coding::Identity };
    // A coding that is not named has the weight of `*`, if that is there.
    let (mut brotli, mut gzip, mut identity, mut any) = (None, None, None, None);
    for item in header.split(',') {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let slot = match name.trim() {
            name if name.eq_ignore_ascii_case("br") => &mut brotli,
            name if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => &mut gzip,
            name if name.eq_ignore_ascii_case("identity") => &mut identity,
            "*" => &mut any,
            _ => continue,
        };
        *slot = Some(quality(parameters));
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

/// A weight in thousandths. One that can't be read refuses its coding, the safe reading.
fn quality(parameters: &str) -> u16 {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return 1000;
    }
    let value = parameters.strip_prefix(['q', 'Q']).and_then(|rest| rest.trim_start().strip_prefix('='));
    match value.map(|value| value.trim().parse::<f32>()) {
        // In range, so the cast can neither cut off nor change the sign.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(Ok(weight)) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> &'static str {
        let offers = [MediaType::HTML, MediaType::JSON];
        ["html", "json"][media_type(accept.parse().ok().as_ref(), &offers)]
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
        ] {
            assert_eq!(coding(Some(header)), expected, "{header}");
        }
        assert_eq!(coding(None), Coding::Identity);
    }
}
