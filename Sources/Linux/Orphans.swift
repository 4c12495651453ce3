import CLinux
import Glibc

/// Processes that lost their parent among our descendants and so became children of ours.
public enum Orphans {
    private static let adoption = Result<Void, SystemError> { () throws(SystemError) in
        try retrying("prctl PR_SET_CHILD_SUBREAPER") { millrace_adopt_orphans() }
    }

    /// From now on, for as long as this process lives, orphans among its descendants become its children.
    public static func adopt() throws(SystemError) { try adoption.get() }

    /// Reaps those that have ended; answers to how many there are still. To be called now and then while there may be some.
    ///
    /// A child that other code of this process started is not touched: an orphan is known by a session that is not
    /// ours, or by a group that is neither ours nor its own.
    @discardableResult
    public static func reap() -> Int {
        let orphans = among(ProcessTable.children())
        for orphan in orphans where orphan.isZombie { _ = millrace_reap(orphan.pid) }
        return orphans.count { !$0.isZombie }
    }

    /// Those of our children, seen before the call, that were started neither here nor by other code of this process.
    static func among(_ entries: some Sequence<ProcessTable.Entry>) -> [ProcessTable.Entry] {
        let own = getpid()
        let children = entries.filter { $0.parent == own }
        if children.isEmpty { return [] }
        let (session, group) = (getsid(0), getpgrp())
        let started = Children.started
        return children.filter { child in
            !started.contains(child.pid)
                && (child.session != session || child.group != group && child.group != child.pid)
        }
    }
}
