import CSQLite
import Linux

/// An SQLite file layer over the system's that counts calls, fails those it is told to, and knows what a power cut would
/// leave: for each file the bytes up to its last sync.
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
        var durable: [UInt8] = []
        /// The file as programs see it.
        var current: [UInt8] = []
    }

    private struct State {
        var counts = Counts()
        var fault: Fault?
        var remaining = 0
        var hits = 0
        var images: [String: Image]?
    }

    /// The name under which SQLite knows the layer.
    let name = "faulty-\(Identifier.random())"
    private let state = Locked(State())
    private let system: UnsafeMutablePointer<sqlite3_vfs>
    private let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    private let layerName: UnsafeMutablePointer<CChar>
    private let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)

    init() {
        system = sqlite3_vfs_find(nil)
        layerName = .allocate(capacity: name.utf8.count + 1)
        layerName.initialize(from: Array(name.utf8CString), count: name.utf8.count + 1)
        layer.initialize(to: system.pointee)
        layer.pointee.zName = UnsafePointer(layerName)
        layer.pointee.szOsFile = system.pointee.szOsFile + Int32(MemoryLayout<Extra>.size)
        layer.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
        layer.pointee.xOpen = { layer, path, file, flags, outFlags in
            FaultyDisk.of(layer!).open(path, file!, flags, outFlags)
        }
        sqlite3_vfs_register(layer, 0)
    }

    deinit {
        sqlite3_vfs_unregister(layer)
        layer.deallocate()
        layerName.deallocate()
        methods.deallocate()
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
    func remember() { state.withLock { $0.images = [:] } }

    /// What the machine would find after a power cut now: for each path its bytes.
    func afterPowerCut() -> [String: [UInt8]] {
        state.withLock { state in state.images?.mapValues(\.durable) ?? [:] }
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
        methods.initialize(to: wrapped(original.pointee))
        file.pointee.pMethods = UnsafePointer(methods)
        change(file) { _ in }
        return code
    }

    private func wrapped(_ original: sqlite3_io_methods) -> sqlite3_io_methods {
        var methods = original
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
                let end = Int(offset) + Int(count)
                if image.current.count < end {
                    image.current += [UInt8](repeating: 0, count: end - image.current.count)
                }
                image.current.replaceSubrange(
                    Int(offset)..<end, with: UnsafeRawBufferPointer(start: buffer, count: Int(count)))
            }
            return extra.original.pointee.xWrite(file, buffer, count, offset)
        }
        methods.xTruncate = { file, size in
            let extra = FaultyDisk.extra(file!).pointee
            let disk = extra.disk.takeUnretainedValue()
            if let code = disk.meet(.truncate) { return code }
            disk.change(file!) { $0.current = Array($0.current.prefix(Int(size))) }
            return extra.original.pointee.xTruncate(file, size)
        }
        methods.xSync = { file, flags in
            let extra = FaultyDisk.extra(file!).pointee
            let disk = extra.disk.takeUnretainedValue()
            if let code = disk.meet(.sync, extra.role) { return code }
            disk.change(file!) { $0.durable = $0.current }
            return extra.original.pointee.xSync(file, flags)
        }
        return methods
    }
}
