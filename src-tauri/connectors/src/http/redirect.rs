//! Where a redirect may lead: within the origin, and with a writing method only where it stays the same request.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use tidemark_model::failure::{ErrorClass, Failure};
use url::Url;

/// The most redirects that are followed for one request.
pub(super) const MOST: usize = 5;

/// The next address, or none where the answer is no redirect; an error where it must not be followed.
pub(super) fn next(
    method: &Method,
    from: &Url,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Url>, Failure> {
    let same_request = matches!(status.as_u16(), 307 | 308);
    if !same_request && !matches!(status.as_u16(), 301..=303) {
        return Ok(None);
    }
    let refused = |words: String| {
        Err(Failure::new(ErrorClass::Intercepted, words).with_status(status.as_u16()).uncertain())
    };
    let target =
        headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|to| from.join(to).ok());
    let Some(target) = target else {
        return refused("the server redirects to no address".to_owned());
    };
    if target.origin() != from.origin() {
        return refused(format!("the server redirects to {}", target.origin().ascii_serialization()));
    }
    if !same_request && !method.is_safe() {
        return refused("the server answers a change with a redirect to another page".to_owned());
    }
    Ok(Some(target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn go(method: Method, status: u16, to: &'static str) -> Result<Option<String>, ErrorClass> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_static(to));
        let from = Url::parse("https://example.org:8443/v1/c").unwrap();
        next(&method, &from, StatusCode::from_u16(status).unwrap(), &headers)
            .map(|url| url.map(String::from))
            .map_err(|failure| failure.class)
    }

    #[test]
    fn a_redirect_stays_within_the_origin() {
        assert_eq!(go(Method::GET, 301, "/v1/c/"), Ok(Some("https://example.org:8443/v1/c/".into())));
        assert_eq!(go(Method::PUT, 308, "c2"), Ok(Some("https://example.org:8443/v1/c2".into())));
        for elsewhere in
            ["https://example.com/", "http://example.org:8443/", "https://example.org/", "//evil/"]
        {
            assert_eq!(go(Method::GET, 307, elsewhere), Err(ErrorClass::Intercepted), "{elsewhere}");
        }
        assert_eq!(go(Method::GET, 304, "https://example.com/"), Ok(None));
    }

    #[test]
    fn a_change_is_not_turned_into_a_reading() {
        assert_eq!(go(Method::PUT, 303, "/login"), Err(ErrorClass::Intercepted));
        assert_eq!(go(Method::DELETE, 302, "/v1/c/"), Err(ErrorClass::Intercepted));
    }
}
