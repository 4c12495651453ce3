import DatasetFiles
import Glibc
import JSONCodec
import Linux
import Preloading
import Tables

/// Rows of a CSV or JSON file, kept in memory and read again when the file has changed.
final class FileSource: KeyedSource {
    /// Bytes of a file.
    static let longest = 256 << 20

    /// By what a change is noticed.
    private struct Stamp: Hashable {
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt(status.st_ino)
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private struct Content: Sendable {
        var stamp: Stamp
        /// More than one where a key stands in the file more than once.
        var rows: [LoadKey: [JSONRaw]]
    }

    private let definition: FileSourceDefinition
    private let dataset: String
    private let content = Locked<Content?>(nil)
    private let desk: WorkDesk

    init(_ definition: FileSourceDefinition, dataset: String) {
        self.definition = definition
        self.dataset = dataset
        desk = WorkDesk("file-reader")
    }

    func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer {
        let rows = try await desk.run { try self.current() }
        return .rows(
            keys.flatMap { key in (rows[LoadKey(key)] ?? []).map { SourceRow(key, $0) } })
    }

    /// Blocks while it reads.
    private func current() throws -> [LoadKey: [JSONRaw]] {
        guard let stamp = Stamp(definition.path) else {
            throw SourceError.unavailable(dataset, "\(definition.path) is not there")
        }
        if let content = content.withLock({ $0 }), content.stamp == stamp { return content.rows }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(definition.path, limit: Self.longest)
        } catch {
            throw SourceError.unavailable(dataset, "\(error)")
        }
        let rows = try definition.format == .csv ? readCSV(bytes) : readJSON(bytes)
        content.withLock { $0 = Content(stamp: stamp, rows: rows) }
        return rows
    }

    // MARK: CSV

    /// Rows as objects whose members are texts, named as the first line names them.
    private func readCSV(_ bytes: [UInt8]) throws -> [LoadKey: [JSONRaw]] {
        var reader = CSVReader()
        reader.append(bytes)
        reader.finish()
        guard let header = try next(&reader)?.map(\.text) else {
            throw wrong("it is empty; its first line names the columns")
        }
        guard Set(header).count == header.count else { throw wrong("two of its columns have one name") }
        guard let place = header.firstIndex(where: { $0 == definition.key }) else {
            throw wrong("it has no column \(definition.key ?? ""); it has \(header.joined(separator: ", "))")
        }
        var rows: [LoadKey: [JSONRaw]] = [:]
        while let record = try next(&reader) {
            guard record.count == header.count else {
                let line = record.first?.position.line ?? 0
                throw wrong("line \(line) has \(record.count) fields, the first line \(header.count)")
            }
            var writer = JSONWriter(reserving: 32 * header.count)
            writer.object { writer in
                for (name, field) in zip(header, record) { writer.member(name, field.text) }
            }
            rows[LoadKey(record[place].text), default: []].append(JSONRaw(unchecked: writer.bytes))
        }
        return rows
    }

    private func next(_ reader: inout CSVReader) throws(SourceError) -> CSVReader.Record? {
        do throws(CSVError) {
            return try reader.next()
        } catch {
            throw wrong("it is no CSV: \(error)")
        }
    }

    // MARK: JSON

    /// A list of objects, each with its key; or an object whose members are the rows.
    private func readJSON(_ bytes: [UInt8]) throws -> [LoadKey: [JSONRaw]] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSON.decode(JSONValue.self, from: bytes)
        } catch {
            throw wrong("it is no JSON at byte \(error.offset): \(error.message)")
        }
        var rows: [LoadKey: [JSONRaw]] = [:]
        if let key = definition.key {
            guard let elements = value.elements else { throw wrong("it has to be a list of objects") }
            for (index, element) in elements.enumerated() {
                guard let text = element[key].flatMap(RowKey.text) else {
                    throw wrong("[\(index)] has no member \(key) that is a text or a number")
                }
                rows[LoadKey(text), default: []].append(JSONRaw(element))
            }
        } else {
            guard let members = value.members else { throw wrong("it has to be an object whose members are the rows") }
            for member in members { rows[LoadKey(member.name)] = [JSONRaw(member.value)] }
        }
        return rows
    }

    private func wrong(_ what: String) -> SourceError { .unreadable(dataset, "\(definition.path): \(what)") }
}
