//! Spares the generated code a structure for each call.

use crate::tools::Result;

/// How the generator has a call report its status: through a JNA structure of its own, which costs more than the call.
const MADE: &str = "\
    var status = UniffiRustCallStatus()
    val return_value = callback(status)
    uniffiCheckCallStatus(errorHandler, status)
    return return_value
";

/// The same with a structure that the thread keeps.
const KEPT: &str = "\
    val statuses = CallStatuses.ofThread()
    val status = statuses.take()
    try {
        val return_value = callback(status)
        uniffiCheckCallStatus(errorHandler, status)
        return return_value
    } finally {
        statuses.give()
    }
";

/// Has the generated code take the statuses of its calls from the façade's `CallStatuses`.
pub(super) fn keep(source: &str) -> Result<String> {
    if source.matches(MADE).count() != 1 {
        return Err(
            "the generated code makes its call statuses in another way than expected".into(),
        );
    }
    Ok(source.replace(MADE, KEPT))
}
