//! The picture that others show where somebody posts a link to the site: the seal, as the pages draw it, as a PNG.

use std::f32::consts::TAU;
use std::io::{self, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// The size that those who show previews ask for.
const WIDTH: usize = 1200;
const HEIGHT: usize = 630;

/// Pixels to a unit of the seal on the pages, which has a radius of 58.5.
const SCALE: f32 = 4.5;
const CENTRE: (f32, f32) = (600.0, 320.0);

/// The bar above the sheet.
const BAR: usize = 24;

/// What a pixel can be, by its number in the palette.
const SHEET: u8 = 0;
const SEAL: u8 = 1;
const INK: u8 = 2;

/// Pixels to a dot of a digit.
const DOT: usize = 4;

/// The digits from 0 to f, as rows of five dots from the top.
const DIGITS: [[u8; 7]; 16] = [
    [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
    [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
    [0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f],
    [0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e],
    [0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02],
    [0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e],
    [0x0e, 0x10, 0x10, 0x1e, 0x11, 0x11, 0x0e],
    [0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
    [0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e],
    [0x0e, 0x11, 0x11, 0x0f, 0x01, 0x01, 0x0e],
    [0x00, 0x00, 0x0e, 0x01, 0x0f, 0x11, 0x0f],
    [0x10, 0x10, 0x1e, 0x11, 0x11, 0x11, 0x1e],
    [0x00, 0x00, 0x0e, 0x11, 0x10, 0x11, 0x0e],
    [0x01, 0x01, 0x0f, 0x11, 0x11, 0x11, 0x0f],
    [0x00, 0x00, 0x0e, 0x11, 0x1f, 0x10, 0x0e],
    [0x06, 0x09, 0x08, 0x1c, 0x08, 0x08, 0x08],
];

/// The seal of `digest`, `sha256:` and 64 hexadecimal digits, on a sheet of `environment`.
///
/// Nothing if that is no digest.
#[must_use]
pub fn draw(digest: &str, environment: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = digest.strip_prefix("sha256:")?.chars().map(worth).collect::<Option<_>>()?;
    let digits: [u8; 64] = digits.try_into().ok()?;
    // A buffer takes all that is written.
    png(environment, |x, y| pixel(&digits, x, y)).ok()
}

fn worth(digit: char) -> Option<u8> {
    digit.to_digit(16).and_then(|worth| u8::try_from(worth).ok())
}

#[expect(clippy::cast_precision_loss, reason = "a place in the picture is far below what a float holds")]
fn pixel(digits: &[u8; 64], x: usize, y: usize) -> u8 {
    if y < BAR {
        return INK;
    }
    let (right, down) = ((x as f32 - CENTRE.0) / SCALE, (y as f32 - CENTRE.1) / SCALE);
    let sealed = seal(digits, right, down) || text(digits, x, y);
    if sealed { SEAL } else { SHEET }
}

/// Whether the seal has ink there; templates/macros.html.j2 says how it is drawn.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the angle is between 0 and 1")]
fn seal(digits: &[u8; 64], right: f32, down: f32) -> bool {
    let radius = right.hypot(down);
    // Of a whole turn, clockwise from the top.
    let turn = || (right.atan2(-down) / TAU).rem_euclid(1.0);
    if (radius - 57.0).abs() < 1.5 {
        return (turn() * TAU * 57.0) % 3.98 < 2.2;
    }
    if (radius - 52.0).abs() < 0.5 {
        return true;
    }
    (0_u8..4).any(|ring| {
        let middle = 46.0 - 8.0 * f32::from(ring);
        (radius - middle).abs() < 2.75 && {
            // Each digit has a slot of 17 parts and fills its value plus one.
            let part = (turn() * 272.0) as usize % 272;
            part % 17 <= usize::from(digits[usize::from(ring) * 16 + part / 17])
        }
    })
}

/// Whether one of the eight digits in the middle has ink there.
fn text(digits: &[u8; 64], x: usize, y: usize) -> bool {
    const LEFT: usize = 600 - 12 * DOT;
    const TOP: usize = 320 - 8 * DOT;
    let (Some(column), Some(row)) = (x.checked_sub(LEFT), y.checked_sub(TOP)) else { return false };
    let (column, row) = (column / DOT, row / DOT);
    if column >= 24 || row >= 17 {
        return false;
    }
    let (line, row) = (row / 9, row % 9);
    let digit = digits[line * 4 + column / 6];
    // A column and two rows between digits are empty.
    column % 6 < 5 && row < 7 && DIGITS[usize::from(digit)][row] >> (4 - column % 6) & 1 == 1
}

/// The colours of static/style.css, in light.
fn palette(environment: &str) -> [u8; 9] {
    let [red, green, blue] = match environment {
        "dev" => [0x17, 0x64, 0x3d],
        "staging" => [0x1c, 0x4f, 0xa1],
        "production" => [0xb0, 0x2a, 0x1d],
        _ => [0x43, 0x4b, 0x53],
    };
    [0xfb, 0xfc, 0xfc, 0x57, 0x36, 0x8f, red, green, blue]
}

/// A PNG of two bits to a pixel.
fn png(environment: &str, pixel: impl Fn(usize, usize) -> u8) -> io::Result<Vec<u8>> {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
    // Two bits, a palette, and the only compression and filter that there are.
    const KIND: [u8; 5] = [2, 3, 0, 0, 0];
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut row = [0; 1 + WIDTH / 4];
    for y in 0..HEIGHT {
        for (place, byte) in row[1..].iter_mut().enumerate() {
            *byte = (0..4).fold(0, |byte, part| byte << 2 | pixel(place * 4 + part, y));
        }
        rows.write_all(&row)?;
    }
    let size = [WIDTH, HEIGHT].map(|length| u32::try_from(length).unwrap_or_default().to_be_bytes()).concat();
    let mut png = SIGNATURE.to_vec();
    for (name, data) in [
        (b"IHDR", [&size, &KIND[..]].concat()),
        (b"PLTE", palette(environment).to_vec()),
        (b"IDAT", rows.finish()?),
        (b"IEND", Vec::new()),
    ] {
        png.extend(u32::try_from(data.len()).unwrap_or_default().to_be_bytes());
        let mut sum = Crc::new();
        sum.update(name);
        sum.update(&data);
        png.extend(name);
        png.extend(&data);
        png.extend(sum.sum().to_be_bytes());
    }
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS_OF_ALL_KINDS: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn an_arc_is_as_long_as_its_digit_is_worth() {
        let digits: [u8; 64] =
            DIGITS_OF_ALL_KINDS.chars().map(|digit| worth(digit).unwrap()).collect::<Vec<_>>().try_into().unwrap();
        for ring in 0..4_u8 {
            let radius = 46.0 - 8.0 * f32::from(ring);
            for part in 0..272_u16 {
                let (sine, cosine) = ((f32::from(part) + 0.5) / 272.0 * TAU).sin_cos();
                let inked = seal(&digits, radius * sine, -radius * cosine);
                assert_eq!(inked, part % 17 <= part / 17, "part {part} of ring {ring}");
            }
        }
    }

    #[test]
    fn what_is_no_digest_has_no_picture() {
        for digest in ["", "sha256:", "sha256:12", DIGITS_OF_ALL_KINDS, &format!("sha256:{}", "g".repeat(64))] {
            assert_eq!(draw(digest, "dev"), None, "{digest}");
        }
    }
}
