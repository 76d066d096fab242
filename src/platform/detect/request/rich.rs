//! Text with ordinary markup, as editors of pages and letters save it: paragraphs, links, pictures, nothing that runs.
//!
//! An allow list: whatever is not on it makes the whole a value like any other.

/// Elements, sorted.
const ELEMENTS: [&str; 45] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "u",
];
/// Elements besides, that only hold others.
const MORE: [&str; 4] = ["ul", "thead", "tfoot", "section"];
/// Attributes.
const ATTRIBUTES: [&str; 28] = [
    "align",
    "alt",
    "border",
    "cellpadding",
    "cellspacing",
    "class",
    "color",
    "colspan",
    "dir",
    "face",
    "height",
    "href",
    "id",
    "lang",
    "loading",
    "name",
    "rel",
    "rowspan",
    "sizes",
    "src",
    "srcset",
    "start",
    "style",
    "target",
    "title",
    "valign",
    "width",
    "decoding",
];
/// Blocks that such a text begins with.
const BLOCKS: [&str; 14] =
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "div", "figure", "blockquote", "table", "section"];

/// True for text that begins with a block or an editor's mark and has nothing but what is allowed. Any capitals.
pub(super) fn is_rich(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let text = text.to_ascii_lowercase();
    let first = text.strip_prefix('<').map(|t| t.split([' ', '>']).next().unwrap_or_default());
    let begins = text.starts_with("<!-- wp:") || first.is_some_and(|name| BLOCKS.contains(&name));
    begins && text.ends_with('>') && only_allowed(&text)
}

/// The words of such a text, without its tags.
pub(super) fn words(text: &[u8]) -> Vec<u8> {
    let mut inside = false;
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        inside |= *byte == b'<';
        if !inside {
            out.push(*byte);
        } else if *byte == b'>' {
            inside = false;
            out.push(b' ');
        }
    }
    out
}

fn only_allowed(text: &str) -> bool {
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        if rest[..open].contains('>') {
            return false;
        }
        rest = &rest[open + 1..];
        if let Some(comment) = rest.strip_prefix("!-- ") {
            let Some(end) = comment.find(" -->") else { return false };
            let word = comment[..end].trim_start_matches('/');
            if !(word.starts_with("wp:") || word == "more") || comment[..end].contains(['<', '>']) {
                return false;
            }
            rest = &comment[end + 4..];
            continue;
        }
        let Some(length) = tag(rest) else { return false };
        rest = &rest[length..];
    }
    !rest.contains('>')
}

/// The length of the tag that begins here, after its `<`, if it is allowed.
fn tag(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('/').unwrap_or(text);
    let name_length = inner.find(|c: char| !c.is_ascii_alphanumeric())?;
    let name = &inner[..name_length];
    if !ELEMENTS.contains(&name) && !MORE.contains(&name) {
        return None;
    }
    let mut rest = &inner[name_length..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return Some(text.len() - after.len());
        }
        let (name, value) = rest.split_once('=')?;
        if !(ATTRIBUTES.contains(&name) || name.starts_with("data-") && name.len() < 40) {
            return None;
        }
        let (value, after) = value.strip_prefix('"')?.split_once('"')?;
        if !is_harmless(name, value) {
            return None;
        }
        rest = after;
    }
}

/// Addresses of pages and pictures, and styles that load nothing.
fn is_harmless(name: &str, value: &str) -> bool {
    let odd = |c: char| c.is_control() || "<>`{}\\".contains(c);
    match name {
        "href" | "src" => {
            let scheme = value.split(['/', '?', '#']).next().unwrap_or_default();
            let known = ["http:", "https:", "mailto:", "tel:"];
            !value.contains(odd) && (!scheme.contains([':', '&']) || known.iter().any(|k| value.starts_with(k)))
        }
        "style" => !value.contains(odd) && !value.contains(['(', '@', '&']),
        _ => !value.contains(odd) && !value.contains("script"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_an_editor_saves_is_rich_text() {
        for text in [
            "<p>It's <em>here</em> &amp; <a href=\"https://a.example/?q=1\" rel=\"noopener\">there</a>.</p>",
            "<h2>One</h2>\n<ul>\n<li style=\"color:red\">x</li>\n</ul>",
            "<!-- wp:paragraph -->\n<p>x</p>\n<!-- /wp:paragraph -->",
            "<P CLASS=\"a\"><img src=\"/a.jpg\" alt=\"It's\" width=\"3\" /><br></P>",
        ] {
            assert!(is_rich(text.as_bytes()), "{text}");
        }
        for text in [
            "<p onclick=\"x\">a</p>",
            "<p>a</p><script>x</script>",
            "<p><a href=\"javascript:x\">a</a></p>",
            "<p><a href=\"java&#115;cript:x\">a</a></p>",
            "<p style=\"x:expression(1)\">a</p>",
            "<p><img src=x></p>",
            "<p>a\"><b</p>",
            "<a href=\"https://a.example\">a</a>",
            "<p/x>a</p>",
            "text",
        ] {
            assert!(!is_rich(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[<>a-z\"'=/ !&;:p-]{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = is_rich(text.as_bytes());
            let _ = is_rich(format!("<p>{text}</p>").as_bytes());
            let _ = is_rich(&bytes);
        }

        #[test]
        fn what_runs_is_never_rich(text in "[a-z ]{0,20}", handler in "on[a-z]{3,10}") {
            let tag = format!("<p>{text}<img src=\"a\" {handler}=\"x\"></p>");
            prop_assert!(!is_rich(tag.as_bytes()));
        }
    }
}
