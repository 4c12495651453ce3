/// When a write counts as done; the stronger is the greater.
public enum Durability: Sendable, Hashable, Comparable {
    /// In the kernel: survives the death of the process but not of the machine (`synchronous = NORMAL`).
    case crash
    /// On disk: the commit is synced before it is answered (`synchronous = FULL`), and with it all that was committed
    /// before.
    case disk
}

extension Durability {
    /// SQLite's number for it.
    var synchronous: Int { self == .disk ? 2 : 1 }
}
