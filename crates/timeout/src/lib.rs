//! palisade-timeout
