import CSQLite
import Linux
import TestSupport

/// An SQLite file layer over the system's that counts calls, fails those it is told to, and knows what a power cut would
/// leave: for each file the bytes up to its last sync. It spares the real disk the syncs.
final class FaultyDisk: @unchecked Sendable {
    enum Operation: Hashable { case open, read, write, sync, truncate }
    enum Role: UInt { case database, log, other }

    /// Fails a call of the operation once `after` of them have gone well.
    struct Fault {
        var operation: Operation
        var after: Int
        var code: Int32
        /// Fail only that one call, or all from then on.
        var once = false
    }

    struct Counts {
        var operations: [Operation: Int] = [:]
        var syncs: [Role: Int] = [:]
    }

    private struct Image {
        enum Change {
            case write(at: Int, [UInt8])
            case truncate(to: Int)
        }

        var durable: [UInt8] = []
        /// Since the last sync; a power cut may leave any of them.
        var changes: [Change] = []

        mutating func sync() {
            for change in changes { apply(change) }
            changes = []
        }

        mutating func apply(_ change: Change) {
            switch change {
            case .write(let offset, let bytes):
                let end = offset + bytes.count
                if durable.count < end { durable += [UInt8](repeating: 0, count: end - durable.count) }
                durable.replaceSubrange(offset..<end, with: bytes)
            case .truncate(let size):
                durable = Array(durable.prefix(size))
            }
        }
    }

    private struct State {
        var counts = Counts()
        var fault: Fault?
        var remaining = 0
        var hits = 0
        var images: [String: Image]?
        var beforeSync: (@Sendable () -> Void)?
        /// The address of the system's methods to that of ours.
        var methods: [UInt: UInt] = [:]
    }

    /// The name under which SQLite knows the layer.
    let name = "faulty-\(Identifier.random())"
    private let state = Locked(State())
    private let system: UnsafeMutablePointer<sqlite3_vfs>
    private let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    private let layerName: UnsafeMutablePointer<CChar>

    init() {
        system = sqlite3_vfs_find(nil)
        layerName = .allocate(capacity: name.utf8.count + 1)
        layerName.initialize(from: Array(name.utf8CString), count: name.utf8.count + 1)
        layer.initialize(to: system.pointee)
        layer.pointee.zName = UnsafePointer(layerName)
        layer.pointee.szOsFile = system.pointee.szOsFile + Int32(MemoryLayout<Extra>.size)
        // A connection that outlives its test still needs the layer, so it stays.
        layer.pointee.pAppData = Unmanaged.passRetained(self).toOpaque()
        layer.pointee.xOpen = { layer, path, file, flags, outFlags in
            FaultyDisk.of(layer!).open(path, file!, flags, outFlags)
        }
        layer.pointee.xDelete = { layer, path, syncsFolder in
            let disk = FaultyDisk.of(layer!)
            let code = disk.system.pointee.xDelete(disk.system, path, syncsFolder)
            if code == SQLITE_OK, let path { disk.forget(String(cString: path)) }
            return code
        }
        sqlite3_vfs_register(layer, 0)
    }

    var counts: Counts { state.withLock { $0.counts } }

    /// How many calls failed so far.
    var hits: Int { state.withLock { $0.hits } }

    /// Makes later calls fail; nil heals the disk.
    func inject(_ fault: Fault?) {
        state.withLock { state in
            state.fault = fault
            state.remaining = fault?.after ?? 0
        }
    }

    /// From now on remembers what is on disk and what is not; before any file is opened.
    func remember(beforeSync: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.images = [:]
            state.beforeSync = beforeSync
        }
    }

    /// What the machine would find after a power cut now: for each path its bytes. Of what was not synced, each write
    /// has arrived or not, as the generator decides.
    func afterPowerCut(using generator: inout SeededGenerator) -> [String: [UInt8]] {
        state.withLock { state in
            (state.images ?? [:]).mapValues { image in
                var image = image
                for change in image.changes where Bool.random(using: &generator) { image.apply(change) }
                return image.durable
            }
        }
    }

    // MARK: The layer

    /// Kept behind SQLite's own file object.
    private struct Extra {
        var disk: Unmanaged<FaultyDisk>
        var original: UnsafePointer<sqlite3_io_methods>
        var path: Unmanaged<Path>
        var role: Role
    }

    private final class Path {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private static func of(_ layer: UnsafeMutablePointer<sqlite3_vfs>) -> FaultyDisk {
        Unmanaged<FaultyDisk>.fromOpaque(layer.pointee.pAppData).takeUnretainedValue()
    }

    private static func extra(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<Extra> {
        let size = Int(sqlite3_vfs_find(nil).pointee.szOsFile)
        return (UnsafeMutableRawPointer(file) + size).assumingMemoryBound(to: Extra.self)
    }

    /// The code to fail with, or nil.
    private func meet(_ operation: Operation, _ role: Role? = nil) -> Int32? {
        state.withLock { state in
            state.counts.operations[operation, default: 0] += 1
            if operation == .sync, let role { state.counts.syncs[role, default: 0] += 1 }
            guard let fault = state.fault, fault.operation == operation else { return nil }
            state.remaining -= 1
            guard fault.once ? state.remaining == -1 : state.remaining < 0 else { return nil }
            state.hits += 1
            return fault.code
        }
    }

    private func change(_ file: UnsafeMutablePointer<sqlite3_file>, _ body: (inout Image) -> Void) {
        let path = Self.extra(file).pointee.path.takeUnretainedValue().text
        state.withLock { state in
            guard state.images != nil else { return }
            body(&state.images![path, default: Image()])
        }
    }

    private func forget(_ path: String) { state.withLock { _ = $0.images?.removeValue(forKey: path) } }

    private func open(
        _ path: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32,
        _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        file.pointee.pMethods = nil
        if let code = meet(.open) { return code }
        let code = system.pointee.xOpen(system, path, file, flags, outFlags)
        guard code == SQLITE_OK, let original = file.pointee.pMethods else { return code }
        let role: Role = flags & SQLITE_OPEN_MAIN_DB != 0 ? .database : flags & SQLITE_OPEN_WAL != 0 ? .log : .other
        Self.extra(file).initialize(
            to: Extra(
                disk: .passUnretained(self), original: original,
                path: .passRetained(Path(path.map { String(cString: $0) } ?? "")), role: role))
        file.pointee.pMethods = wrapped(original)
        change(file) { _ in }
        return code
    }

    /// Databases and logs have different methods.
    private func wrapped(_ original: UnsafePointer<sqlite3_io_methods>) -> UnsafePointer<sqlite3_io_methods> {
        let key = UInt(bitPattern: original)
        let known = state.withLock { $0.methods[key] }
        if let known, let methods = UnsafePointer<sqlite3_io_methods>(bitPattern: known) { return methods }
        var methods = original.pointee
        methods.xClose = { file in
            let extra = FaultyDisk.extra(file!).pointee
            let code = extra.original.pointee.xClose(file)
            extra.path.release()
            return code
        }
        methods.xRead = { file, buffer, count, offset in
            let extra = FaultyDisk.extra(file!).pointee
            if let code = extra.disk.takeUnretainedValue().meet(.read) { return code }
            return extra.original.pointee.xRead(file, buffer, count, offset)
        }
        methods.xWrite = { file, buffer, count, offset in
            let extra = FaultyDisk.extra(file!).pointee
            let disk = extra.disk.takeUnretainedValue()
            if let code = disk.meet(.write) { return code }
            disk.change(file!) { image in
                let bytes = [UInt8](UnsafeRawBufferPointer(start: buffer, count: Int(count)))
                image.changes.append(.write(at: Int(offset), bytes))
            }
            return extra.original.pointee.xWrite(file, buffer, count, offset)
        }
        methods.xTruncate = { file, size in
            let extra = FaultyDisk.extra(file!).pointee
            let disk = extra.disk.takeUnretainedValue()
            if let code = disk.meet(.truncate) { return code }
            disk.change(file!) { $0.changes.append(.truncate(to: Int(size))) }
            return extra.original.pointee.xTruncate(file, size)
        }
        methods.xSync = { file, _ in
            let extra = FaultyDisk.extra(file!).pointee
            let disk = extra.disk.takeUnretainedValue()
            disk.state.withLock { $0.beforeSync }?()
            if let code = disk.meet(.sync, extra.role) { return code }
            disk.change(file!) { $0.sync() }
            return SQLITE_OK
        }
        let kept = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        kept.initialize(to: methods)
        state.withLock { $0.methods[key] = UInt(bitPattern: kept) }
        return UnsafePointer(kept)
    }
}
