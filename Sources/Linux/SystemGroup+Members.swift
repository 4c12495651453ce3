import Glibc

extension SystemGroup {
    /// The groups that name a user among their members, in the order of the system; as with ``id(named:)``, the name
    /// service is asked only where it knows more than the file.
    public static func ids(ofMember user: String) -> [UInt32] {
        let inFile = ids(ofMember: user, inFile: text("/etc/group"))
        return isNameServiceLocal(text("/etc/nsswitch.conf"))
            ? inFile : idsByNameService(user, atLeast: inFile)
    }

    /// The same in the text of a group(5) file; a line that does not read is passed over.
    static func ids(ofMember user: String, inFile text: String) -> [UInt32] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let id = UInt32(fields[2]) else { return nil }
            return fields[3].split(separator: ",").contains { $0 == user } ? id : nil
        }
    }

    private static func idsByNameService(_ user: String, atLeast known: [UInt32]) -> [UInt32] {
        // It lists the given group too, so that one is taken that is known or, failing that, dropped.
        let filler = known.first ?? UInt32.max
        var count: Int32 = 64
        while true {
            var groups = [gid_t](repeating: 0, count: Int(count))
            let room = count
            if getgrouplist(user, filler, &groups, &count) >= 0 {
                return groups.prefix(Int(count)).filter { $0 != UInt32.max }
            }
            guard count > room, count <= 65_536 else { return known }
        }
    }
}
