import Glibc
import Linux

/// Reaps, for as long as the tests run, the orphans that come to the test's own process.
///
/// Code under test makes this process one that takes orphans in (``Linux/Orphans``). What a killed runner leaves behind
/// becomes a zombie here, where nobody waits for it; and the thread with which Swift Testing waits for its exit tests sees
/// the first zombie only, whoever's it is, and would wait for ever.
public enum OrphanReaper {
    private static let started: Void = startThread {
        while true {
            Orphans.reap()
            usleep(50_000)
        }
    }

    /// To be called before processes are started.
    public static func start() { started }
}
