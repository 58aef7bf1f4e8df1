//! Which answers tell who has decided on the limits: `X-Decided-By: client=store, account=share`.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use palisade::store::Source;

/// The field: each limit that a store was asked about, the outermost first, and who decided.
pub const DECIDED_BY: HeaderName = HeaderName::from_static("x-decided-by");

/// What is known so far, the innermost first.
#[derive(Clone, Debug, Default)]
struct Decided(Vec<String>);

/// Remembers who decided on the layer of this name, which is the outermost so far. A layer says so in a
/// place that the next one takes.
#[must_use]
pub fn remember(name: &str, mut response: Response) -> Response {
    let extensions = response.extensions_mut();
    if let Some(source) = extensions.remove::<Source>() {
        let decided = extensions.get_or_insert_default::<Decided>();
        decided.0.push(format!("{name}={}", source.label()));
    }
    response
}

/// Tells the caller, who hears of nobody else: an upstream may not speak for the gateway.
#[must_use]
pub fn tell(mut response: Response) -> Response {
    response.headers_mut().remove(DECIDED_BY);
    if let Some(Decided(mut decided)) = response.extensions_mut().remove() {
        decided.reverse();
        // A name may be anything; one that no field can have is not told.
        if let Ok(value) = HeaderValue::try_from(decided.join(", ")) {
            response.headers_mut().insert(DECIDED_BY, value);
        }
    }
    response
}
