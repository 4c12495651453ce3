import Glibc
import Linux

/// The zones that this system knows, read when they are first asked for and then kept.
///
/// The only part of `Calendars` that touches files.
public final class ZoneDatabase: Sendable {
    /// The folder that holds the TZif files.
    public let folder: String
    private let known = Locked<[String: Zone]>([:])

    public static let system = ZoneDatabase()

    public init(folder: String = "/usr/share/zoneinfo") {
        self.folder = folder
    }

    /// The zone of an IANA name, "Europe/Berlin"; "UTC" is there without a file.
    public func zone(named name: String) throws(ZoneError) -> Zone {
        if let zone = known.withLock({ $0[name] }) { return zone }
        guard Self.isName(name) else { throw .unknown(name: name, hint: "") }
        let zone: Zone
        do {
            zone = try Self.read("\(folder)/\(name)", named: name)
        } catch .unreadable(let error) where error.isAbsence {
            if name == "UTC" { return .utc }
            throw .unknown(name: name, hint: NearMiss.hint(name, among: candidates()))
        }
        return known.withLock { known in
            let kept = known[name] ?? zone
            known[name] = kept
            return kept
        }
    }

    /// The zone that a value of the variable TZ stands for: a name, with or without a colon before it, a path, a rule of
    /// POSIX ("CET-1CEST,M3.5.0,M10.5.0/3"), or UTC where it is empty.
    public func zone(forTZ value: String) throws(ZoneError) -> Zone {
        let name = value.hasPrefix(":") ? String(value.dropFirst()) : value
        if name.isEmpty { return .utc }
        if name.hasPrefix("/") { return try Self.read(name, named: name) }
        do {
            return try zone(named: name)
        } catch .unknown(_, let hint) {
            // A rule has hours in it, and few names have a digit.
            if !hint.isEmpty || !name.utf8.contains(where: { (0x30...0x39).contains($0) }) {
                throw .unknown(name: name, hint: hint)
            }
            return try Self.zone(rule: name)
        }
    }

    /// What the zone of this process is called, for ``zone(forTZ:)``: the variable TZ, else what /etc/localtime leads to.
    public var localName: String {
        if let variable = Environment["TZ"] { return variable }
        let local = "/etc/localtime"
        guard let resolved = realpath(local, nil) else { return "UTC" }
        defer { free(resolved) }
        let target = String(cString: resolved)
        return target.hasPrefix(folder + "/") ? String(target.dropFirst(folder.utf8.count + 1)) : local
    }

    /// The zone of a rule of POSIX TZ.
    public static func zone(rule text: String) throws(ZoneError) -> Zone {
        let rule: ZoneRule
        do { rule = try ZoneRule(text) } catch { throw .rule(error) }
        return Zone(name: text, initial: rule.standard, changes: rule.changes(after: nil))
    }

    /// Reads one TZif file, keeping nothing.
    public static func read(_ path: String, named name: String) throws(ZoneError) -> Zone {
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: ZoneFile.limit)
        } catch {
            throw .unreadable(error)
        }
        let file: ZoneFile
        do { file = try ZoneFile(bytes) } catch { throw .unusable(path: path, reason: error.reason) }
        return try file.zone(named: name)
    }

    /// Forgets what was read, for when the files have changed. Zones that are in use stay as they are.
    public func forget() {
        known.withLock { $0 = [:] }
    }

    /// The names of all zones, sorted; without `right/` and `posix/`, which double them.
    public func names() -> [String] {
        candidates().filter { name in
            // One that is gone by now, or not for us to read, is none.
            guard let file = try? Files.open("\(folder)/\(name)") else { return false }
            var magic: [UInt8] = [0, 0, 0, 0]
            return (try? magic.withUnsafeMutableBytes { try file.read(into: $0) }) == 4 && magic == Array("TZif".utf8)
        }
    }

    /// The same by the names of files alone, which takes none of them to be opened.
    private func candidates() -> [String] {
        var found: [String] = []
        collect(into: &found, below: "", depth: 0)
        return found.sorted()
    }

    /// What lies beside the zones and could be one by its name.
    private static let others: Set<String> = ["right", "posix", "posixrules", "localtime", "leapseconds", "SECURITY"]

    private func collect(into found: inout [String], below prefix: String, depth: Int) {
        // A folder that is gone by now has no zones.
        guard depth < 4, let entries = try? Files.list("\(folder)/\(prefix)") else { return }
        for entry in entries where Self.isName(entry) && !Self.others.contains(entry) {
            let name = prefix + entry
            if Files.kind("\(folder)/\(name)") == .directory {
                collect(into: &found, below: name + "/", depth: depth + 1)
            } else {
                found.append(name)
            }
        }
    }

    /// Letters, digits, "-", "_", "+" and single slashes inside, so that no name leads out of the folder.
    static func isName(_ name: String) -> Bool {
        var isAfterSlash = true
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "/"):
                if isAfterSlash { return false }
                isAfterSlash = true
            default:
                guard ExpressionScanner.isLetter(byte) || ExpressionScanner.isDigit(byte) || "-_+".utf8.contains(byte)
                else {
                    return false
                }
                isAfterSlash = false
            }
        }
        return !isAfterSlash && name.utf8.count <= 255
    }
}

extension SystemError {
    /// Whether there is nothing of that name, or a folder instead.
    fileprivate var isAbsence: Bool { ["ENOENT", "ENOTDIR", "EISDIR", "ENAMETOOLONG"].contains(name) }
}
