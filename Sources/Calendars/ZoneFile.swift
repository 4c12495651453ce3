/// A TZif file (RFC 9636, versions 1 to 4) taken apart.
///
/// Files that count leap seconds (those of `right/`) are refused: their times are not the seconds of the system's clock.
struct ZoneFile {
    let initial: Zone.Kind
    let changes: [(time: Int64, kind: Zone.Kind)]
    /// The rule for the time after the last change; empty where there is none.
    let footer: String

    /// What is wrong with a file.
    struct Fault: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// The largest file that is read; real ones are below 4 KiB.
    static let limit = 1 << 20

    init(_ bytes: [UInt8]) throws(Fault) {
        var reader = Reader(bytes: bytes)
        var header = try reader.header()
        var timeSize = 4
        if header.version >= 2 {
            try reader.skip(header.blockSize(timeSize: 4))
            let version = header.version
            header = try reader.header()
            guard header.version == version else { throw Fault("its two headers tell two versions") }
            timeSize = 8
        }
        guard header.leaps == 0 else {
            throw Fault("it counts leap seconds, which the system's clock does not; use the zone without “right/”")
        }
        (initial, changes) = try reader.block(header, timeSize: timeSize)
        footer = header.version >= 2 ? try reader.footer() : ""
        guard reader.position == bytes.count || header.version >= 2 else { throw Fault("bytes follow after its end") }
    }

    /// The zone of this file.
    func zone(named name: String) throws(ZoneError) -> Zone {
        guard !footer.isEmpty else { return Zone(name: name, initial: initial, changes: changes) }
        let rule: ZoneRule
        do { rule = try ZoneRule(footer) } catch { throw .rule(error) }
        let last = changes.last?.time
        return Zone(
            name: name, initial: last == nil ? rule.standard : initial, changes: changes + rule.changes(after: last))
    }
}

extension ZoneFile {
    private struct Header {
        let version: Int
        let utIndicators, standardIndicators, leaps, times, types, characters: Int

        func blockSize(timeSize: Int) -> Int {
            times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standardIndicators + utIndicators
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func header() throws(Fault) -> Header {
            guard bytes.count - position >= 44 else { throw Fault("it is cut short") }
            guard bytes[position..<position + 4].elementsEqual("TZif".utf8) else {
                throw Fault("it does not begin with “TZif”")
            }
            let version: Int
            switch bytes[position + 4] {
            case 0: version = 1
            case 0x32...0x34: version = Int(bytes[position + 4] - 0x30)
            default: throw Fault("its version is not one of 1 to 4")
            }
            position += 20
            let header = Header(
                version: version, utIndicators: unsigned(), standardIndicators: unsigned(), leaps: unsigned(),
                times: unsigned(), types: unsigned(), characters: unsigned())
            guard (1...256).contains(header.types), header.characters >= 1,
                header.utIndicators == 0 || header.utIndicators == header.types,
                header.standardIndicators == 0 || header.standardIndicators == header.types
            else { throw Fault("the counts in its header do not fit together") }
            return header
        }

        mutating func skip(_ count: Int) throws(Fault) {
            guard bytes.count - position >= count else { throw Fault("it is cut short") }
            position += count
        }

        /// Times, then the type that begins at each, then the types, then their names.
        mutating func block(
            _ header: Header, timeSize: Int
        ) throws(Fault) -> (initial: Zone.Kind, changes: [(time: Int64, kind: Zone.Kind)]) {
            let start = position
            try skip(header.blockSize(timeSize: timeSize))
            let after = position
            position = start
            var times: [Int64] = []
            for _ in 0..<header.times { times.append(signed(timeSize)) }
            guard zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else { throw Fault("its times do not ascend") }
            let indexes = bytes[position..<position + header.times]
            position += header.times
            let kinds = try self.kinds(header)
            position = after

            // Far beyond any calendar, and too far for microseconds: what is in force there counts, not when it began.
            let bound: Int64 = 1 << 40
            var initial = kinds[0]
            var changes: [(time: Int64, kind: Zone.Kind)] = []
            for (time, index) in zip(times, indexes) {
                guard Int(index) < kinds.count else { throw Fault("a change names a type that is not there") }
                if time < -bound {
                    initial = kinds[Int(index)]
                } else if time < bound {
                    changes.append((time, kinds[Int(index)]))
                }
            }
            return (initial, changes)
        }

        private mutating func kinds(_ header: Header) throws(Fault) -> [Zone.Kind] {
            var raw: [(offset: Int, isDaylight: UInt8, name: Int)] = []
            for _ in 0..<header.types {
                raw.append((Int(signed(4)), bytes[position], Int(bytes[position + 1])))
                position += 2
            }
            let names = bytes[position..<position + header.characters]
            var kinds: [Zone.Kind] = []
            for type in raw {
                guard (-89_999...93_599).contains(type.offset) else {
                    throw Fault("an offset of \(type.offset) seconds is no offset that clocks have")
                }
                guard type.isDaylight <= 1, type.name < names.count,
                    let end = names[(names.startIndex + type.name)...].firstIndex(of: 0)
                else { throw Fault("a type has no name") }
                let name = String(decoding: names[(names.startIndex + type.name)..<end], as: UTF8.self)
                kinds.append(Zone.Kind(offset: type.offset, isDaylight: type.isDaylight == 1, abbreviation: name))
            }
            return kinds
        }

        mutating func footer() throws(Fault) -> String {
            guard position < bytes.count, bytes[position] == 0x0A,
                let end = bytes[(position + 1)...].firstIndex(of: 0x0A)
            else { throw Fault("its footer is missing") }
            let text = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
            position = end + 1
            return text
        }

        /// 4 bytes, which are there.
        private mutating func unsigned() -> Int {
            defer { position += 4 }
            return bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
        }

        private mutating func signed(_ size: Int) -> Int64 {
            defer { position += size }
            let bits = bytes[position..<position + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return size == 8 ? Int64(bitPattern: bits) : Int64(Int32(truncatingIfNeeded: bits))
        }
    }
}
