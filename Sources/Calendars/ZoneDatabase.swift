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
            throw .unknown(name: name, hint: NearMiss.hint(name, among: names()))
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
        } catch .unknown {
            return try Self.zone(rule: name)
        }
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
        var found: [String] = []
        collect(into: &found, below: "", depth: 0)
        return found.sorted()
    }

    private func collect(into found: inout [String], below prefix: String, depth: Int) {
        guard depth < 4, let entries = try? Files.list("\(folder)/\(prefix)") else { return }
        for entry in entries where Self.isName(entry) && !["right", "posix", "posixrules", "localtime"].contains(entry)
        {
            let name = prefix + entry
            if (try? Files.list("\(folder)/\(name)")) != nil {
                collect(into: &found, below: name + "/", depth: depth + 1)
            } else if let bytes = try? Files.read("\(folder)/\(name)", limit: ZoneFile.limit),
                bytes.starts(with: "TZif".utf8)
            {
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
