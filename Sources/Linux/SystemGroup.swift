import Glibc

/// Groups of users as the system knows them.
public enum SystemGroup {
    /// The id of a group; nil when there is none of that name.
    ///
    /// The file of groups is read first: asking the name service loads its modules into the process for good, which is
    /// more than all else this takes. It is asked only where it is set up to know more than the file and systemd do.
    public static func id(named name: String) -> UInt32? {
        if let id = id(named: name, inFile: text("/etc/group")) { return id }
        return isNameServiceLocal(text("/etc/nsswitch.conf")) ? nil : idByNameService(name)
    }

    /// The id in the text of a group(5) file; a line that does not read is passed over.
    static func id(named name: String, inFile text: String) -> UInt32? {
        // By bytes: every service looks its groups up when it starts.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.starts(with: name.utf8) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count >= 3, fields[0].elementsEqual(name.utf8) else { continue }
            if let id = UInt32(Substring(fields[2])) { return id }
        }
        return nil
    }

    /// Whether an nsswitch.conf(5) knows groups, or what else `database` names, by the file and systemd alone.
    static func isNameServiceLocal(_ text: String, database: String = "group:") -> Bool {
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let words = line.prefix { $0 != UInt8(ascii: "#") }
                .split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let first = words.first, first.elementsEqual(database.utf8) else { continue }
            return words.dropFirst().allSatisfy {
                $0.elementsEqual("files".utf8) || $0.elementsEqual("systemd".utf8)
            }
        }
        return false
    }

    static func text(_ path: String) -> String {
        do throws(SystemError) {
            return try Files.readText(path)
        } catch {
            return ""
        }
    }

    private static func idByNameService(_ name: String) -> UInt32? {
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
