import Glibc

@testable import Linux

/// Reaps, for as long as the tests run, what comes to the test's own process as an orphan.
///
/// Code under test makes this process one that takes orphans in (``Linux/Orphans``). What a killed runner leaves behind
/// becomes a zombie here, where nobody waits for it; and the thread with which Swift Testing waits for its exit tests sees
/// the first zombie only, whoever's it is, and would wait for ever.
public enum OrphanReaper {
    /// Looks in a row at which a zombie was there before it is nobody's: whoever waits for a child of his own does so at
    /// once.
    private static let patience = 60

    private static let started: Void = startThread {
        var looks: [Int32: Int] = [:]
        while true {
            Orphans.reap()
            looks = Dictionary(uniqueKeysWithValues: strays().map { ($0, looks[$0, default: 0] + 1) })
            for (pid, count) in looks where count >= patience { waitpid(pid, nil, WNOHANG) }
            usleep(50_000)
        }
    }

    /// To be called before processes are started.
    public static func start() { started }

    /// Zombies that neither our own code started nor, by their name, Swift Testing did.
    private static func strays() -> [Int32] {
        let own = name(of: getpid())
        let children = ProcessTable.children().filter(\.isZombie)
        let started = Children.started
        return children.map(\.pid).filter { !started.contains($0) && name(of: $0) != own }
    }

    private static func name(of pid: Int32) -> String? { try? Files.readText("/proc/\(pid)/comm", limit: 64) }
}
