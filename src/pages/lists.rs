//! Lists in header fields, by RFC 9110, sections 5.3 and 5.6: several lines are one list, elements may be empty, a comma
//! within quotes separates nothing.
//!
//! No element voids the others: whoever reads one that makes no sense leaves it out. The crates that read such headers
//! refuse the whole list for it, or look at one line alone.

/// How a double quote within quotes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quoting {
    /// After a backslash, section 5.6.4.
    Escaped,
    /// Not at all: in an entity tag a backslash is a character like others, section 8.8.3.
    Plain,
}

/// The elements of all lines, without the empty ones and without the space around them.
pub(crate) fn elements<'a>(lines: impl Iterator<Item = &'a str>, quoting: Quoting) -> impl Iterator<Item = &'a str> {
    lines.flat_map(move |line| split(line, ',', quoting)).filter(|element| !element.is_empty())
}

/// What an element begins with, and its parameters: names and values, as they are written.
pub(crate) fn parameters(element: &str) -> (&str, impl Iterator<Item = (&str, &str)>) {
    let mut parts = split(element, ';', Quoting::Escaped);
    let first = parts.next().unwrap_or_default();
    let parameters = parts.filter(|part| !part.is_empty());
    (first, parameters.map(|part| part.split_once('=').map_or((part, ""), |(name, value)| (name.trim(), value.trim()))))
}

/// The parts of `text` between separators that stand outside of quotes, without the space around them.
fn split(text: &str, separator: char, quoting: Quoting) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    // A quote that nothing closes is a character like others, and so are those behind it: they were looked through.
    let mut quotes = true;
    std::iter::from_fn(move || {
        let text = rest?;
        let mut from = 0;
        loop {
            let Some(at) = text[from..].find([separator, '"']).map(|at| from + at) else {
                rest = None;
                return Some(text.trim());
            };
            if text[at..].starts_with(separator) {
                rest = Some(&text[at + separator.len_utf8()..]);
                return Some(text[..at].trim());
            }
            from = at + 1;
            if quotes {
                match closing(&text[from..], quoting) {
                    Some(length) => from += length + 1,
                    None => quotes = false,
                }
            }
        }
    })
}

/// How far it is to the quote that closes.
fn closing(text: &str, quoting: Quoting) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped && quoting == Quoting::Escaped;
        closes
    })
}

/// A weight in thousandths, by section 12.4.2; what is written behind the third digit does not count.
pub(crate) fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match whole {
        "0" => Some(thousandths),
        "1" if fraction.bytes().all(|digit| digit == b'0') => Some(1000),
        _ => None,
    }
}

/// The weight that an element's parameters give it: all of it where they name none.
pub(crate) fn weight_of<'a>(mut parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Option<u16> {
    parameters.find(|(name, _)| name.eq_ignore_ascii_case("q")).map_or(Some(1000), |(_, value)| weight(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str], quoting: Quoting) -> Vec<String> {
        elements(lines.iter().copied(), quoting).map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_one_list_and_empty_elements_are_none() {
        assert_eq!(read(&["a ,b", ", ,\tc,,", "", "d"], Quoting::Escaped), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_comma_within_quotes_separates_nothing() {
        assert_eq!(read(&[r#"a;x="1,2", b"#], Quoting::Escaped), [r#"a;x="1,2""#, "b"]);
        assert_eq!(read(&[r#"a;x="\",", b"#], Quoting::Escaped), [r#"a;x="\",""#, "b"]);
        assert_eq!(read(&[r#""a\", "b""#], Quoting::Plain), [r#""a\""#, r#""b""#]);
    }

    #[test]
    fn a_quote_that_nothing_closes_hides_nothing() {
        assert_eq!(read(&[r#"a;x="1, b"#, "c"], Quoting::Escaped), [r#"a;x="1"#, "b", "c"]);
        // In one pass, however many there are.
        let hostile = r#"\""#.repeat(1 << 20);
        assert_eq!(read(&[&hostile, "c"], Quoting::Escaped).len(), 2);
    }

    #[test]
    fn parameters_have_space_and_quotes_as_they_please() {
        let (first, parameters) = parameters(r#"a/b ; x="1;q=0" ;; Q = 0.5"#);
        assert_eq!((first, weight_of(parameters)), ("a/b", Some(500)));
    }

    #[test]
    fn a_weight_is_from_0_to_1() {
        for (text, expected) in
            [("1", 1000), ("1.000", 1000), ("0", 0), ("0.", 0), ("0.5", 500), ("0.001", 1), ("0.33333", 333)]
        {
            assert_eq!(weight(text), Some(expected), "{text}");
        }
        for text in ["", "x", "1.1", "7", "-1", "+1", "nan", "inf", "1e-1", ".5", "0.5 x", "0.\u{0663}"] {
            assert_eq!(weight(text), None, "{text}");
        }
    }
}
