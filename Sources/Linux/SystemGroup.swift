import Glibc

/// Groups of users as the system knows them.
public enum SystemGroup {
    /// The id of a group; nil when there is none of that name.
    public static func id(named name: String) -> UInt32? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 4096)
        while true {
            let result = getgrnam_r(name, &entry, &buffer, buffer.count, &found)
            // A group with many members needs more room; a mebibyte is enough for all.
            guard result == ERANGE, buffer.count < 1 << 20 else { break }
            buffer = [CChar](repeating: 0, count: buffer.count * 4)
        }
        return found?.pointee.gr_gid
    }
}
