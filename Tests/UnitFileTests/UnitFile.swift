import Glibc
import TestSupport

/// A unit file: sections of keys, each key with all its values in order.
struct UnitFile {
    let name: String
    private(set) var sections: [String: [String: [String]]] = [:]

    /// Reads `Units/NAME`. Anything that is not a section, a setting, a comment or blank is a fault.
    init(_ name: String) throws {
        guard let text = text(of: packageRoot + "/Units/" + name) else { throw TestFailure("no unit \(name)") }
        self.name = name
        var section: String?
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("["), line.hasSuffix("]") {
                section = String(line.dropFirst().dropLast())
                continue
            }
            guard let section, let equals = line.firstIndex(of: "="), equals != line.startIndex else {
                throw TestFailure("\(name): not a setting: \(line)")
            }
            let key = String(line[..<equals])
            sections[section, default: [:]][key, default: []].append(String(line[line.index(after: equals)...]))
        }
    }

    /// The last value of a setting, which is the one that counts.
    func value(_ key: String, in section: String) -> String? { sections[section]?[key]?.last }

    /// The words of all values of a setting.
    func words(_ key: String, in section: String) -> [String] {
        (sections[section]?[key] ?? []).flatMap { $0.split(separator: " ").map(String.init) }
    }

    /// The names in `Units`, or in a folder of it, with this ending.
    static func names(in folder: String = "", ending: String) -> [String] {
        guard let folder = opendir(packageRoot + "/Units/" + folder) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(ending) { names.append(name) }
        }
        return names.sorted()
    }
}
