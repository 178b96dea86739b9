//! The page itself: a template, its style and its script in one file, with a policy that lets nothing else in.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::Error;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page of what was gathered.
pub(crate) fn render(data: &Value) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    let failed = |error: minijinja::Error| Error::Page(format!("{error:#}"));
    environment.add_template("page", TEMPLATE).map_err(failed)?;
    // Nothing is loaded, sent or framed, and only this very style and script count.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(STYLE)),
        base64(&Sha256::digest(SCRIPT)),
    );
    let context = minijinja::context! {
        data => minijinja::Value::from(minijinja::value::Serde(data)),
        policy => policy,
        style => minijinja::Value::from_safe_string(STYLE.to_owned()),
        script => minijinja::Value::from_safe_string(SCRIPT.to_owned()),
    };
    environment.get_template("page").and_then(|page| page.render(context)).map_err(failed)
}

/// Base64 with padding, as the policy wants it (RFC 4648, 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = (word >> (18 - 6 * place)) & 63;
            text.push(if place <= chunk.len() { char::from(DIGITS[digit as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn base64_is_base64() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn an_empty_folder_has_a_page_and_nothing_gets_out_of_its_text() {
        let page = render(&json!({ "version": "1", "folder": "<script>alert(1)</script>" })).expect("a page");
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(!page.contains("http://") && !page.contains("https://"), "nothing is loaded");
        assert_eq!(page.matches("<script>").count(), 1);
    }
}
