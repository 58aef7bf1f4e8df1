//! What to do about what a server says.

/// What helps against an error of this code, where that is known.
pub(super) fn of(code: &str) -> Option<&'static str> {
    Some(match code {
        "OOM" => {
            "raise the server's `maxmemory`, or have it evict keys: `maxmemory-policy volatile-ttl`"
        }
        "READONLY" => "this is a replica: let `url` name the primary, or sentinels that know it",
        "NOAUTH" => "the server asks for a password: put it into `url`",
        "WRONGPASS" => "the password or the user in `url` is not the server's",
        "NOPERM" => {
            "let the user run EVALSHA, SCRIPT|LOAD and what scripts call, on the keys of the limits"
        }
        "MOVED" | "ASK" => {
            "this is a node of a cluster: `url` is to begin with redis+cluster:// or rediss+cluster://"
        }
        "CLUSTERDOWN" => "slots of the cluster have no primary: see CLUSTER INFO",
        "TRYAGAIN" => "the keys are moving to another node of the cluster; it passes",
        "LOADING" => "the server reads its data from disk; it passes",
        "BUSY" => "a script of somebody's runs for too long: SCRIPT KILL ends it",
        "MASTERDOWN" => "this is a replica without its primary: let `url` name the primary",
        "MISCONF" => "the server cannot save to disk: see its log",
        "NOREPLICAS" => "too few replicas are in sync for `min-replicas-to-write`",
        "WRONGTYPE" => "something else uses the same key: keep limits under a prefix of their own",
        "CROSSSLOT" => "the keys of one call must share a hash tag",
        _ => return None,
    })
}
