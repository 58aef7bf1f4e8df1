//! What crosses Palisade's crates is tested here, in few binaries.
//!
//! | binary | holds |
//! |---|---|
//! | `contract` | each law over each layer; see there how a layer joins |
//! | `hosts` | the layers in axum, tonic, hyper and reqwest, over real sockets |
//! | `redis` | what becomes of limits in a Redis that is killed, stopped, full, cut off or moved |
//! | `allocations` | that a call that passes allocates nothing; alone, for it counts all allocations |
//! | `flood` | that a flood of keys frees nobody and takes no more memory than allowed; alone, as well |
