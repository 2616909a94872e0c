//! Forms with files, as browsers send them: `multipart/form-data`, whole in memory, within the
//! limit of the route that takes it.

use hyper::body::Bytes;
use poem::Request;
use poem::http::header::CONTENT_TYPE;

use super::form::read_bytes;
use super::problem::Error;
use crate::base::Problem;

/// Most parts of a form.
const PARTS_MAX: usize = 64;
/// Longest head of a part, in bytes.
const HEAD_BYTES_MAX: usize = 4 * 1024;
/// Longest boundary, in bytes (RFC 2046).
const BOUNDARY_MAX: usize = 70;

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// What the file is called where it comes from; absent for plain fields. Never a path to use.
    pub file: Option<String>,
    /// What was sent.
    pub content: Bytes,
}

impl Part {
    /// What was typed.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

/// Reads a form with files, at most `bytes_max` bytes.
///
/// # Errors
/// 413, 408, 415; 400 when it is not such a form.
pub async fn read_parts(request: &mut Request, bytes_max: usize) -> Result<Vec<Part>, Error> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = kind.and_then(boundary_of).map(str::to_owned).ok_or_else(|| {
        Problem::new(
            415,
            "unsupported-media-type",
            "Unsupported media type",
            "Files are sent as multipart/form-data.",
        )
        .hint("Use the form of the page.")
    })?;
    let body = read_bytes(request, bytes_max).await?;
    parts_of(&body, &boundary).ok_or_else(|| {
        Problem::new(400, "unreadable-request", "Unreadable request", "The form cannot be read.")
            .hint("Send it again from the page.")
            .into()
    })
}

fn boundary_of(kind: &str) -> Option<&str> {
    let mut parameters = kind.split(';').map(str::trim);
    if !parameters.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, value) = named.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
    let value = value.trim_matches('"');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    let fits = (1..=BOUNDARY_MAX).contains(&value.len()) && value.bytes().all(plain);
    fits.then_some(value)
}

/// Where `needle` begins.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        if bytes.get(from + at..)?.starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn parts_of(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let (mark, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut at = find(body, mark.as_bytes())? + mark.len();
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        if parts.len() >= PARTS_MAX {
            return None;
        }
        at += find(rest.get(..rest.len().min(HEAD_BYTES_MAX))?, b"\r\n")? + 2;
        let rest = body.get(at..)?;
        let head = find(rest.get(..rest.len().min(HEAD_BYTES_MAX))?, b"\r\n\r\n")?;
        let (name, file) = named(std::str::from_utf8(rest.get(..head)?).ok()?)?;
        let start = at + head + 4;
        let end = start + find(body.get(start..)?, between.as_bytes())?;
        parts.push(Part { name, file, content: body.slice(start..end) });
        at = end + between.len();
    }
}

/// The field's name and the file's, from the head of a part.
fn named(head: &str) -> Option<(String, Option<String>)> {
    let line = head.split("\r\n").find(|line| {
        line.get(..20).is_some_and(|start| start.eq_ignore_ascii_case("content-disposition:"))
    })?;
    let value = |wanted: &str| {
        let at = line.find(&format!("; {wanted}=\""))? + wanted.len() + 4;
        // Browsers write quotes and line ends inside names as %22, %0D and %0A.
        line.get(at..)?.split('"').next().map(str::to_owned)
    };
    Some((value("name")?, value("filename")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Vec<Part>> {
        parts_of(&Bytes::from(body.to_owned()), "xYz")
    }

    #[test]
    fn fields_and_files_come_apart() {
        let body = "--xYz\r\nContent-Disposition: form-data; name=\"alt\"\r\n\r\nA m\u{fc}g\r\n\
                    --xYz\r\ncontent-disposition: form-data; name=\"file\"; \
                    filename=\"a b.png\"\r\n\
                    Content-Type: image/png\r\n\r\n\r\n--xY\r\n\r\n--xYz--\r\n";
        let parts = read(body).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].text().as_str()), ("alt", "A m\u{fc}g"));
        assert_eq!(parts[1].file.as_deref(), Some("a b.png"));
        assert_eq!(parts[1].content.as_ref(), b"\r\n--xY\r\n");
        assert_eq!(read("--xYz--"), Some(Vec::new()));
    }

    #[test]
    fn what_breaks_off_is_no_form() {
        let whole = "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--xYz--";
        assert!(read(whole).is_some());
        assert!((0..whole.len()).all(|end| read(&whole[..end]).is_none()));
        let many = "--xYz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n".repeat(65);
        assert_eq!(read(&format!("{many}--xYz--")), None);
    }

    #[test]
    fn boundaries_are_plain() {
        assert_eq!(boundary_of("multipart/form-data; boundary=----Web12"), Some("----Web12"));
        assert_eq!(boundary_of("Multipart/Form-Data; charset=x; boundary=\"a b\""), Some("a b"));
        for bad in
            ["text/plain; boundary=a", "multipart/form-data", "multipart/form-data; boundary="]
        {
            assert_eq!(boundary_of(bad), None, "{bad}");
        }
    }
}
