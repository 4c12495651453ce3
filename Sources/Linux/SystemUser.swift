import Glibc

/// A user as the system knows him.
public struct SystemUser: Hashable, Sendable {
    public var name: String
    public var id: UInt32
    /// The primary group.
    public var group: UInt32
    public var home: String

    /// Nil when there is no user of that name. As with ``SystemGroup``, the name service is asked only where it knows
    /// more than the file.
    public static func named(_ name: String) -> SystemUser? {
        if let user = find(inFile: SystemGroup.text("/etc/passwd"), where: { $0.name == name }) { return user }
        return isLocal ? nil : byNameService { getpwnam_r(name, $0, $1, $2, $3) }
    }

    /// Nil when no user has that id.
    public static func with(id: UInt32) -> SystemUser? {
        if let user = find(inFile: SystemGroup.text("/etc/passwd"), where: { $0.id == id }) { return user }
        return isLocal ? nil : byNameService { getpwuid_r(id, $0, $1, $2, $3) }
    }

    private static var isLocal: Bool {
        SystemGroup.isNameServiceLocal(SystemGroup.text("/etc/nsswitch.conf"), database: "passwd:")
    }

    /// The first that fits in the text of a passwd(5) file; a line that does not read is passed over.
    static func find(inFile text: String, where fits: (SystemUser) -> Bool) -> SystemUser? {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 7, let id = UInt32(fields[2]), let group = UInt32(fields[3]) else { continue }
            let user = SystemUser(name: String(fields[0]), id: id, group: group, home: String(fields[5]))
            if fits(user) { return user }
        }
        return nil
    }

    private static func byNameService(
        _ ask: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) -> SystemUser? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var size = 4096
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let result = ask(&entry, buffer, size, &found)
            if result == ERANGE, size < 1 << 20 {
                size *= 4
                continue
            }
            guard result == 0, let user = found?.pointee else { return nil }
            return SystemUser(
                name: String(cString: user.pw_name), id: user.pw_uid, group: user.pw_gid,
                home: String(cString: user.pw_dir))
        }
    }
}
